import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@stepwire/observability';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { log } from './log.ts';
import { openLocalDatabase } from './pglite.ts';

/** Two pools, so that a write never waits behind a page of history. On PGlite, which has one session, they are one. */
export interface Database {
  readonly write: pg.Pool;
  readonly read: pg.Pool;
  /** resolves when the database can no longer be used by this process */
  readonly died: Promise<Error>;
  close(): Promise<void>;
}

/** between two tries to reach the database at the start (ms) */
const RETRY_BASE_MS = 200;
const RETRY_MAX_MS = 5_000;
const migrationsFolder = fileURLToPath(new URL('../drizzle', import.meta.url));
/** taken while migrating, so that two replicas that start together do it one after the other */
const MIGRATION_LOCK = 0x57455057;

/**
 * All we ask is found by index, and lists in the index's order, so that a page of one reads no more than it gives: hence no
 * bitmaps, which lose the order. Prepared statements keep the plan they got first, and on a new database, where tables are
 * empty and statistics missing, that would read whole tables until the next ANALYZE, which PGlite never does by itself.
 * Without `jit = off` the price of a disabled plan, where there is no other, would count as worth compiling.
 */
const PLANNING = [
  'enable_seqscan = off',
  'enable_bitmapscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'jit = off',
]
  .map((setting) => `SET ${setting}`)
  .join('; ');

/**
 * Opens the database and brings its tables up to date.
 * @param databaseUrl a Postgres server, waited for while it can't be reached; without it PGlite in `dataDir`
 * @throws Error what a later try would not mend
 */
export async function openDatabase(
  dataDir: string,
  databaseUrl: string | undefined,
  logger: Logger,
): Promise<Database> {
  const local = databaseUrl === undefined ? await openLocalDatabase(dataDir) : undefined;
  const settings: pg.PoolConfig =
    local === undefined
      ? {
          connectionString: databaseUrl,
          connectionTimeoutMillis: 5_000,
          query_timeout: 30_000,
          idleTimeoutMillis: 0,
          keepAlive: true,
          // a stopped replica must not hold its row locks (design §2)
          options: '-c idle_in_transaction_session_timeout=5000 -c statement_timeout=30000',
        }
      : { host: local.host, user: 'postgres', database: 'postgres', idleTimeoutMillis: 0 };
  const open = (max: number, pipeline: boolean) => {
    // pipelined: statements go out without waiting for those before them (libpq's "pipeline mode")
    const pool = new pg.Pool({
      ...settings,
      max,
      pipeline,
      onConnect: async (client) => {
        // The pool listens to idle ones only. One that breaks between two statements of a transaction fails the next one;
        // unheard, the event would end the process (57P01 from a restart or pg_terminate_backend).
        client.on('error', (error) => logger.warn({ err: error }, 'a database connection broke'));
        await client.query(PLANNING);
      },
    });
    // an idle client that breaks is replaced by the pool at the next use; it has been told of above
    pool.on('error', () => undefined);
    return pool;
  };
  const write = open(1, local === undefined);
  const read = local === undefined ? open(4, false) : write;
  for (let waitMs = RETRY_BASE_MS; ; waitMs = Math.min(2 * waitMs, RETRY_MAX_MS)) {
    try {
      await bringUpToDate(write);
      break;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      log.databaseAway(logger, error, waitMs);
      await delay(waitMs);
    }
  }
  return {
    write,
    read,
    died: local?.died ?? new Promise(() => undefined),
    async close() {
      await write.end();
      if (read !== write) await read.end();
      await local?.close();
    },
  };
}

async function bringUpToDate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder });
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    client.release();
  } catch (error) {
    // closed, and the lock with it
    client.release(true);
    throw error;
  }
}

/**
 * Whether a later try may succeed: the server does not answer, starts, stops or is full. What has another SQLSTATE (a wrong
 * password, no such database) is for a person to mend. Classes 08, 53, 57: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function isUnreachable(error: unknown): boolean {
  // the migrator's errors have the driver's as their cause
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? String(cause.code) : '';
    if (/^(?!E)[0-9A-Z]{5}$/.test(code)) return /^(08|53|57)/.test(code);
    if (code !== '' || /connect|terminated|timeout/i.test(cause.message)) return true;
  }
  return false;
}
