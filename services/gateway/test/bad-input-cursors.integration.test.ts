import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeFeedCursor } from '@stepwire/protocol';
import {
  type BrokerForTest,
  type DatabaseForTest,
  Publisher,
  type StackForTest,
  startStack,
  waitFor,
  withBroker,
  withDatabase,
} from '@stepwire/testing';
import { Pool } from 'pg';
// what the coordinator does every few minutes, at once
import { pruneRequests } from '../../coordinator/src/prune.ts';
import { type Body, Client } from './client.ts';
import { command, handshake, historyDoors, type Knock, otherDoors, webSocketDoors } from './doors.ts';
import { EventStream } from './event-stream.ts';

/** Bad input (bad-input.test.ts lists all of it): where somebody says they were. */
let broker: BrokerForTest;
let database: DatabaseForTest;
let stack: StackForTest;
let agent: Publisher;
let requestId: string;

const knock = (more: Partial<Knock> = {}): Knock => ({ url: stack.url, requestId, ...more });
const stateOf = async (id: string): Promise<unknown> => (await fetch(`${stack.url}/api/requests/${id}`)).json();
const begun = async (...more: [type: string, data: object][]): Promise<string> => {
  const id = randomUUID();
  await agent.ticks(id, 3, 'local');
  for (const [type, data] of more) await agent.event(id, type, data);
  await waitFor(async () => Reflect.get(Object(await stateOf(id)), 'seq') === 3 + more.length, { what: id });
  return id;
};

beforeAll(async () => {
  // a request that is pruned cannot be had without an old one in the database
  [broker, database] = await Promise.all([withBroker(), withDatabase('postgres')]);
  stack = await startStack({ broker, database, env: { COMMANDS_PER_SECOND: '1000' } });
  agent = await Publisher.open(broker.url);
  requestId = await begun();
}, 120_000);
afterAll(async () => {
  await agent?.close();
  await stack?.stop();
  await database?.close();
  await broker?.close();
});

/** what, code over HTTP, HTTP status, close code */
const cursors: readonly (readonly [string, string, string, number, number])[] = [
  ['a negative cursor', '-1', 'bad_cursor', 400, 4400],
  ['a huge cursor', '9'.repeat(30), 'bad_cursor', 400, 4400],
  ['a cursor that is not a number', 'x', 'bad_cursor', 400, 4400],
  ['a cursor with a part of nothing', '0.1', 'bad_cursor', 400, 4400],
  ['a cursor from the future', '99', 'cursor_gone', 410, 4410],
  ['the largest cursor', '9'.repeat(15), 'cursor_gone', 410, 4410],
];

describe.each(cursors)('%s of a request', (_what, since, code, status, closeCode) => {
  test.each(Object.entries(historyDoors))('%s, in the query and as Last-Event-ID', async (_name, door) => {
    const before = await stateOf(requestId);
    const inQuery = await door(knock({ query: `since=${since}` }));
    const inHeader = await door(knock({ headers: { 'last-event-id': since } }));
    expect([inQuery, inHeader]).toMatchObject([
      { status, code },
      { status, code },
    ]);
    expect(await stateOf(requestId)).toEqual(before);
  });

  test('/ws/agent-progress', async () => {
    expect(await webSocketDoors['/ws/agent-progress']?.(knock({ query: `since=${since}` }))).toMatchObject({
      status: closeCode,
      code,
    });
  });
});

describe('over Socket.IO', () => {
  test.each([
    ['a negative cursor', -1],
    ['a cursor that is not a number', 'x'],
    ['a cursor that is no whole number', 1.5],
  ])('%s is refused by its name', async (_what, since) => {
    const refusal = await command('rejoin', { since })(knock());
    expect(refusal).toMatchObject({ code: 'bad_request', text: expect.stringContaining('"/since"') });
    const query = `requestId=${requestId}&since=${since}`;
    expect(await handshake(knock({ query }))).toMatchObject({ code: 'bad_request' });
  });

  test.each([
    ['a huge cursor', 1e30],
    ['a cursor from the future', 99],
  ])('%s starts over from the state', async (_what, since) => {
    const client = new Client(stack.url, { requestId, since: String(since) });
    try {
      expect(await client.frame('state')).toMatchObject({ reset: true, code: 'cursor_gone', seq: 3 });
      expect(await client.ask('rejoin', { requestId, since })).toMatchObject({ ok: true });
      expect(await client.frame('state', 2)).toMatchObject({ reset: true, code: 'cursor_gone', seq: 3 });
    } finally {
      client.socket.close();
    }
  });
});

describe('the cursor of a feed', () => {
  const future = (): string => encodeFeedCursor('local', { own: { epoch: 'another', position: 99 } });
  const somebodys = (): string => encodeFeedCursor('eve', { own: { epoch: 'another', position: 1 } });

  test.each([
    ['a negative cursor', () => '-1', 'bad_cursor', 400, 4400],
    ['a huge cursor', () => `1.0.e.${'9'.repeat(400)}`, 'bad_cursor', 400, 4400],
    ['a cursor that is not one', () => 'x', 'bad_cursor', 400, 4400],
    ['the cursor of a request', () => '3', 'bad_cursor', 400, 4400],
    ['the cursor of somebody else', somebodys, 'bad_cursor', 400, 4400],
    ['a cursor from the future', future, 'cursor_gone', 410, 4410],
  ])('%s', async (_what, cursor, code, status, closeCode) => {
    const since = cursor();
    const feed = otherDoors['GET /api/feed'];
    expect(await feed?.(knock({ query: `since=${since}` }))).toMatchObject({ status, code });
    expect(await feed?.(knock({ headers: { 'last-event-id': since } }))).toMatchObject({ status, code });
    expect(await webSocketDoors['/ws/agents']?.(knock({ query: `since=${since}` }))).toMatchObject({
      status: closeCode,
      code,
    });
    // beyond the length of any, the schema says so first
    const overSocket = await command('feed', { since })(knock());
    expect(overSocket.code).toBe(since.length > 200 ? 'bad_request' : code);
  });

  test('of a list', async () => {
    for (const cursor of ['-1', 'x', '9'.repeat(400), btoa('1 \0')]) {
      const list = await otherDoors['GET /api/requests']?.(knock({ query: `cursor=${cursor}` }));
      expect([cursor, list]).toMatchObject([cursor, { status: 400, code: 'bad_cursor' }]);
    }
  });
});

test('a cursor of a pruned request', async () => {
  const old = await begun(['request.completed', { result: 1 }]);
  const feed = await EventStream.open(`${stack.url}/api/feed?since=0`);
  const mine = await waitFor(() => feed.messages.find(({ data }) => data?.includes(old)), { what: 'its first event' });
  feed.close();
  const pool = new Pool({ connectionString: database.databaseUrl, max: 1 });
  await pool.query("UPDATE requests SET finished_at = now() - interval '90 days' WHERE request_id = $1", [old]);
  await pruneRequests(pool, 30);
  await pool.end();

  for (const door of Object.values(historyDoors))
    expect(await door({ url: stack.url, requestId: old, query: 'since=2' })).toMatchObject({
      status: 404,
      code: 'not_found',
    });
  const progress = webSocketDoors['/ws/agent-progress'];
  expect(await progress?.({ url: stack.url, requestId: old, query: 'since=2' })).toMatchObject({ status: 4404 });
  const client = new Client(stack.url);
  await client.ask('rejoin', { requestId: old, since: 2 });
  expect(await client.frame('state')).toMatchObject({ status: 'unknown', seq: 0, reset: true, code: 'cursor_gone' });
  client.socket.close();
  const gone = { query: `since=${mine.id}` };
  expect(await otherDoors['GET /api/feed']?.(knock(gone))).toMatchObject({ status: 410, code: 'cursor_gone' });
  expect(await webSocketDoors['/ws/agents']?.(knock(gone))).toMatchObject({ status: 4410, code: 'cursor_gone' });
  expect(await command('feed', { since: mine.id })(knock())).toMatchObject({ code: 'cursor_gone' });
  expect(Reflect.get(Object(await stateOf(requestId)), 'seq')).toBe(3);
}, 60_000);

describe('Last-Event-ID with CR or LF', () => {
  /** no client sends it: so it is written to the socket as it is */
  const raw = (lastEventId: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(stack.url);
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('error', reject).on('close', () => resolve(text));
      socket.write(
        `GET /api/requests/${requestId}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n` +
          `Connection: close\r\nLast-Event-ID: ${lastEventId}\r\n\r\n`,
      );
      socket.setTimeout(3_000, () => socket.destroy());
    });

  test.each([
    ['a bare CR', '1\r2', 400],
    ['a bare LF', '1\n2', 400],
    ['a NUL', '1\u00002', 400],
    ['a line that begins with a space', '1\r\n 2', 400],
  ])('%s is no request at all', async (_what, id, status) => {
    expect(await raw(id)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('a whole line end only begins another header: the cursor is what stands before it', async () => {
    const text = await raw('2\r\nX-Forged: data: {}');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    const seqs = [...text.matchAll(/^id: (\d+)\r?$/gm)].map(([, id]) => id);
    expect(seqs).toEqual(['3']);
    expect(text).not.toContain('Forged');
  });

  test.each(Object.entries(historyDoors))('encoded in the query, %s', async (_name, door) => {
    for (const since of ['2%0d%0adata:%20x', '2%0a', '2%00'])
      expect(await door(knock({ query: `since=${since}` }))).toMatchObject({ status: 400, code: 'bad_cursor' });
  });
});

test('after all of this the next good requests are served', async () => {
  const client = new Client(stack.url, { requestId, since: '1' });
  const { missed } = await client.frame('state');
  expect(Array.isArray(missed) && missed.map(({ seq }: Body) => seq)).toEqual([2, 3]);
  client.socket.close();
});
