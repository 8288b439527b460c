import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLogger } from '@stepwire/observability';
import { type DatabaseForTest, TcpProxy, waitFor, withDatabase } from '@stepwire/testing';
import { pino } from 'pino';
import { openDatabase } from '../src/database.ts';

let kept: DatabaseForTest;
beforeAll(async () => {
  kept = await withDatabase('postgres');
}, 30_000);
afterAll(() => kept.close());

test('a backend that is killed between two statements of a transaction fails it, and the next one has a new backend', async () => {
  const { write, read, close } = await openDatabase(kept.dataDir, kept.databaseUrl, createLogger('test', 'fatal'));
  const client = await write.connect();
  const { rows } = await client
    .query<{ pid: number }>('BEGIN; SELECT 1')
    .then(() => client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'));
  const ended = new Promise((resolve) => client.once('end', resolve));
  await read.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
  await ended;
  await expect(client.query('COMMIT')).rejects.toThrow();
  client.release(true);
  expect((await write.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await close();
});

test('a start waits for a server that is not there yet', async () => {
  const url = new URL(kept.databaseUrl ?? '');
  const proxy = await TcpProxy.open(url.href);
  proxy.cut(true);
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const opening = openDatabase(kept.dataDir, proxy.url, logger);
  await waitFor(() => lines.length > 0);
  proxy.release();
  const { write, close } = await opening;
  expect((await write.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await close();
  await proxy.close();
});

test('a start does not wait where the database refuses for good', async () => {
  const url = new URL(kept.databaseUrl ?? '');
  url.pathname = '/nowhere';
  const opening = openDatabase(kept.dataDir, url.href, createLogger('test', 'fatal'));
  await expect(opening).rejects.toThrow('database "nowhere" does not exist');
});
