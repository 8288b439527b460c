import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { temporaryFolder } from './temporary-folder.ts';
import { testPostgres } from './test-services.ts';

/** For a coordinator: with `databaseUrl` it uses that Postgres, without it PGlite in `dataDir`. */
export interface DatabaseForTest {
  readonly kind: 'pglite' | 'postgres';
  readonly databaseUrl?: string;
  /** an empty folder */
  readonly dataDir: string;
  /** ends all sessions, drops the database and deletes the folder */
  close(): Promise<void>;
}

/** An empty database: a fresh folder for PGlite, or a fresh database on the Postgres of this jest run. */
export async function withDatabase(kind: 'pglite' | 'postgres'): Promise<DatabaseForTest> {
  const folder = temporaryFolder();
  if (kind === 'pglite') {
    return { kind, dataDir: folder.path, close: async () => folder.remove() };
  }
  const { url } = await testPostgres();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(url, `CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    kind,
    databaseUrl: own.href,
    dataDir: folder.path,
    async close() {
      await onServer(url, `DROP DATABASE ${name} WITH (FORCE)`);
      folder.remove();
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
