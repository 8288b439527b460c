import type { ParsedEvent } from '@stepwire/protocol';
import { defaultPolicy } from '@stepwire/run-model';
import { withDatabase } from '@stepwire/testing';
import { pino } from 'pino';
import { type Database, openDatabase } from '../src/database.ts';
import type { OutboxRow } from '../src/statements.ts';
import type { CommandInput, Write } from '../src/write.ts';
import { type PlacedGroup, Writer } from '../src/writer.ts';

/** A database with coordinators' writers on it, and what they told after their commits. */
export interface Scene {
  readonly database: Database;
  /** on Postgres each has connections of its own, as two coordinators have; on PGlite, which has one session, they share it */
  readonly writers: readonly [Writer, Writer];
  readonly told: { readonly requestId: string; readonly group: PlacedGroup }[];
  readonly outbox: OutboxRow[];
  close(): Promise<void>;
}

const logger = pino({ level: 'silent' });

export async function openScene(kind: 'pglite' | 'postgres'): Promise<Scene> {
  const files = await withDatabase(kind);
  const database = await openDatabase(files.dataDir, files.databaseUrl, logger);
  const other = kind === 'pglite' ? database : await openDatabase(files.dataDir, files.databaseUrl, logger);
  const told: Scene['told'] = [];
  const outbox: OutboxRow[] = [];
  const writerOn = ({ write }: Database) =>
    new Writer({
      pool: write,
      policy: defaultPolicy,
      onCommitted: (groups, rows) => {
        for (const [requestId, group] of groups) told.push({ requestId, group });
        outbox.push(...rows);
      },
    });
  return {
    database,
    writers: [writerOn(database), writerOn(other)],
    told,
    outbox,
    async close() {
      if (other !== database) await other.close();
      await database.close();
      await files.close();
    },
  };
}

/** An agent's event of a request that some other program drives. */
export function observed(
  requestId: string,
  id: string,
  data: ParsedEvent['data'] = {},
  type = 'agent.progress',
): Write {
  const event = { id, type, requestId, agent: 'a', timestamp: '2026-01-01T00:00:00.000Z', data };
  return { kind: 'event', event, redelivered: false };
}

export function start(requestId: string, userId = 'ada', userQuery = 'is this a scam?'): Write {
  const input: CommandInput = { kind: 'start', commandId: `start-${requestId}`, userId, userQuery, context: {} };
  return { kind: 'command', requestId, caller: { userId, operator: false }, input };
}

export const cancel = (requestId: string, by = 'ada'): Write => ({
  kind: 'command',
  requestId,
  caller: { userId: by, operator: false },
  input: { kind: 'cancel', commandId: `cancel-${requestId}`, by },
});
