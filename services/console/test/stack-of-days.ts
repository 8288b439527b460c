import { type OwnStack, startStack, withBroker, withDatabase } from '@stepwire/testing';
import { Client } from 'pg';

export interface StackOfDays extends OwnStack {
  /** a day passes: all requests there are become a day older */
  nextDay(): Promise<void>;
}

/** A stack on a Postgres that can be told that a day has passed. */
export async function stackOfDays(): Promise<StackOfDays> {
  const [broker, database] = await Promise.all([withBroker(), withDatabase('postgres')]);
  const stack = await startStack({ broker, database });
  return {
    ...stack,
    broker,
    dataDir: database.dataDir,
    async nextDay() {
      const client = new Client({ connectionString: database.databaseUrl });
      await client.connect();
      const earlier = (column: string) => `${column} = ${column} - interval '1 day'`;
      await client.query(`UPDATE requests SET ${['created_at', 'updated_at', 'finished_at'].map(earlier).join(', ')}`);
      await client.end();
    },
    async close() {
      await stack.stop();
      await database.close();
      await broker.close();
    },
  };
}
