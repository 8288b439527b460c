import { type BrokerForTest, withBroker } from './broker.ts';
import { withDatabase } from './database.ts';
import { type StackForTest, startStack } from './stack.ts';

export interface OwnStack extends StackForTest {
  readonly broker: BrokerForTest;
  /** DATA_DIR of all its services */
  readonly dataDir: string;
  /** stops the services, and drops vhost and database */
  close(): Promise<void>;
}

/** Real services on a vhost and a PGlite database of their own. @param env settings, see `StackOptions` */
export async function withStack(env: Readonly<Record<string, string>> = {}): Promise<OwnStack> {
  const [broker, database] = await Promise.all([withBroker(), withDatabase('pglite')]);
  const stack = await startStack({ broker, database, env });
  return {
    ...stack,
    broker,
    dataDir: database.dataDir,
    async close() {
      await stack.stop();
      await database.close();
      await broker.close();
    },
  };
}
