import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { withDatabase } from '../src/index.ts';

test('each Postgres database is empty and its own', async () => {
  const [a, b] = [await withDatabase('postgres'), await withDatabase('postgres')];
  const client = new Client({ connectionString: a.databaseUrl });
  await client.connect();
  await client.query('CREATE TABLE only_in_a (id int)');
  const other = new Client({ connectionString: b.databaseUrl });
  await other.connect();
  await expect(other.query('SELECT * FROM only_in_a')).rejects.toThrow(/does not exist/);
  await client.end();
  await other.end();
  await Promise.all([a.close(), b.close()]);
}, 60_000);

test('PGlite gets an empty folder and no URL, so that DATA_DIR decides', async () => {
  const database = await withDatabase('pglite');
  expect(database.databaseUrl).toBeUndefined();
  expect(readdirSync(database.dataDir)).toEqual([]);
  await database.close();
});
