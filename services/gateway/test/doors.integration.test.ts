import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BrokerForTest,
  type DatabaseForTest,
  type StackForTest,
  startStack,
  waitFor,
  withBroker,
  withDatabase,
} from '@stepwire/testing';
import { connect } from 'amqplib';
import { type Body, Client, upTo } from './client.ts';

let broker: BrokerForTest;
let database: DatabaseForTest;
let stack: StackForTest;
let publish: (requestId: string, count: number, more?: object, size?: number) => Promise<void>;
let disconnect: () => Promise<unknown> = async () => undefined;
const clients: Client[] = [];

const open = (...[query, options, url = stack.url]: [Record<string, string>?, object?, string?]): Client => {
  const client = new Client(url, query, options);
  clients.push(client);
  return client;
};
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const reached = (requestId: string, seq: number) =>
  waitFor(async () => ((await (await fetch(`${stack.url}/api/requests/${requestId}`)).json()) as Body).seq === seq, {
    what: `${requestId} at ${seq}`,
    timeoutMs: 20_000,
  });
/** A request in which nothing happens by itself, at seq 3. */
const quietly = async (): Promise<string> => {
  const requestId = randomUUID();
  await publish(requestId, 3);
  await reached(requestId, 3);
  return requestId;
};
/** 12 MB of events, more than the kernel buffers on the way to somebody who does not read; `each` after every 300 kB. */
const publishMuch = async (requestId: string, each: (seq: number) => unknown = () => undefined): Promise<void> => {
  for (let seq = 8; seq <= 203; seq += 5) {
    await publish(requestId, 5, {}, 60_000);
    await each(seq);
  }
};
/** Stops a client from reading; socket.io-client says nothing of the socket beneath it. */
const tcpOf = ({ socket }: Client): { pause(): void; resume(): void } =>
  (socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws._socket;
const cutOff = ({ socket }: Client): Promise<unknown> => {
  const { id } = socket;
  return waitFor(() => stack.logEntries('gateway').some(({ socketId }) => socketId === id), {
    what: 'the cut',
    timeoutMs: 20_000,
  });
};

/** An agent that has no library of ours. */
async function beginPublishing(): Promise<void> {
  const connection = await connect(broker.url);
  const channel = await connection.createConfirmChannel();
  publish = async (requestId, count, more = {}, size = 0) => {
    for (let at = 0; at < count; at += 1) {
      const event = { type: 'acme.tick', requestId, agent: 'acme', data: { text: 'x'.repeat(size) }, ...more };
      channel.publish('agent.events', event.type, Buffer.from(JSON.stringify(event)));
    }
    await channel.waitForConfirms();
  };
  disconnect = () => connection.close();
}

beforeAll(async () => {
  [broker, database] = await Promise.all([withBroker(), withDatabase('pglite')]);
  stack = await startStack({ broker, database, env: { MAX_BACKLOG_BYTES: '524288' } });
  await beginPublishing();
}, 90_000);
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.close();
});
afterAll(async () => {
  await disconnect?.();
  await stack?.stop();
  await database.close();
  await broker.close();
});

describe('joining', () => {
  test('the requestId of the query joins, and state follows; then every event once', async () => {
    const requestId = await quietly();
    const client = open({ requestId });
    expect(await client.frame('state')).toMatchObject({ protocol: 1, requestId, seq: 3, status: 'running' });
    await publish(requestId, 2);
    await client.reaches(5);
    expect(client.seqs).toEqual([4, 5]);
  });

  test('connect, rejoin, start: an unknown request goes live when it comes to be', async () => {
    const requestId = randomUUID();
    const client = open();
    expect(await client.ask('rejoin', { requestId })).toMatchObject({ ok: true, requestId, seq: 0 });
    expect(await client.frame('state')).toMatchObject({ status: 'unknown', seq: 0 });
    await publish(requestId, 3);
    await client.reaches(3);
    expect(client.seqs).toEqual([1, 2, 3]);
  });

  test('start joins before it starts: whoever starts hears everything from seq 1', async () => {
    const requestId = randomUUID();
    const client = open();
    const answer = await client.ask('start', { requestId, userQuery: 'is this safe?', context: {} });
    expect(answer).toMatchObject({ ok: true, requestId, seq: 1, created: true });
    expect(await client.frame('state')).toMatchObject({ requestId, seq: 0 });
    await client.frame('request.accepted');
    expect(client.seqs[0]).toBe(1);
    expect(await client.ask('start', { requestId, userQuery: 'is this safe?', context: {} })).toMatchObject({
      ok: true,
      created: false,
    });
  });

  test('what was missed is given in the shapes of live frames, exactly once', async () => {
    const requestId = await quietly();
    const live = open({ requestId });
    await live.frame('state');
    await publish(requestId, 4);
    await live.reaches(7);
    const later = open({ requestId, since: '4' });
    const { missed, seq } = await later.frame('state');
    expect(seq).toBe(7);
    expect(missed).toEqual(
      live.frames
        .filter(({ name }) => name === 'acme.tick')
        .slice(1)
        .map(({ body }) => body),
    );
  });

  test('a cursor beyond the head, or of another epoch, is gone', async () => {
    const requestId = await quietly();
    const client = open();
    for (const [nth, from] of [{ since: 99 }, { since: 1, epoch: 'another' }].entries()) {
      await client.ask('rejoin', { requestId, ...from });
      expect(await client.frame('state', nth + 1)).toMatchObject({ reset: true, code: 'cursor_gone', seq: 3 });
    }
  });

  test('several requests on one connection, several connections on one request; leaving ends it', async () => {
    const [one, two] = [await quietly(), await quietly()];
    const both = open({ requestId: one });
    const other = open({ requestId: one });
    await both.frame('state');
    await other.frame('state');
    await both.ask('rejoin', { requestId: two });
    await publish(one, 1);
    await publish(two, 1);
    await waitFor(() => both.named('acme.tick').length === 2, { what: 'both requests' });
    await other.reaches(4);
    expect(await both.ask('leave', { requestId: one })).toMatchObject({ ok: true, requestId: one });
    await publish(one, 1);
    await other.reaches(5);
    await publish(two, 1);
    await waitFor(() => both.named('acme.tick').length === 3, { what: 'the second request' });
    expect(both.named('acme.tick').filter(({ requestId }) => requestId === one)).toHaveLength(1);
  });

  test('dialect log gets arrays, types narrow, and a requestId cannot be mistaken for a room of another', async () => {
    const requestId = await quietly();
    const log = open({ requestId, dialect: 'log' });
    const byAuth = open({ requestId }, { auth: { dialect: 'log' } });
    const narrow = open({ requestId, types: 'acme.other,progress' });
    const spy = open({ requestId: `${requestId}#log` });
    await Promise.all([log, byAuth, narrow, spy].map((client) => client.frame('state')));
    await publish(requestId, 2);
    await publish(requestId, 1, { type: 'acme.other' });
    await publish(requestId, 1, { type: 'executor.step.progress', data: { step: 1, status: 'running' } });
    for (const client of [log, byAuth]) {
      await client.reaches(7);
      expect(client.seqs).toEqual([4, 5, 6, 7]);
      expect(new Set(client.frames.map(({ name }) => name))).toEqual(new Set(['state', 'events']));
    }
    await narrow.reaches(7);
    expect(narrow.seqs).toEqual([6, 7]);
    expect(spy.seqs).toEqual([]);
  });
});

describe('refusals', () => {
  test('come in the ack, or as an error frame without seq', async () => {
    const client = open();
    expect(await client.ask('rejoin', { requestId: 7 })).toMatchObject({
      ok: false,
      error: { code: 'bad_request', path: '/requestId' },
    });
    client.socket.emit('cancel', { requestId: 'nobody-knows' });
    const frame = await client.frame('error');
    expect(frame).toMatchObject({ type: 'error', agent: 'gateway', code: 'not_found', command: 'cancel' });
    expect(frame).not.toHaveProperty('seq');
  });

  test('what is too large or too deep is told so, and the connection stays', async () => {
    const client = open();
    const start = { requestId: randomUUID(), userQuery: 'q' };
    expect(await client.ask('start', { ...start, userQuery: 'x'.repeat(70_000) })).toMatchObject({
      error: { code: 'too_large' },
    });
    let deep: object = {};
    for (let level = 0; level < 40; level += 1) deep = { deep };
    expect(await client.ask('start', { ...start, context: deep })).toMatchObject({ error: { code: 'too_deep' } });
    const proto = JSON.parse('{"__proto__":{"admin":true}}');
    expect(await client.ask('start', { ...start, context: proto })).toMatchObject({ error: { code: 'bad_request' } });
    expect(client.socket.connected).toBe(true);
  });

  test('commands that do not exist are answered', async () => {
    const client = open();
    for (const command of ['no.such.command', 'state']) {
      expect(await client.ask(command, {})).toMatchObject({ ok: false, error: { code: 'bad_request' } });
    }
  });

  test('too many commands are told when to come back', async () => {
    const client = open();
    const answers = await Promise.all(upTo(30).map(() => client.ask('leave', { requestId: 'r' })));
    const refused = answers.flatMap(({ error }) => (error === undefined ? [] : [error as Body]));
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(refused[0]).toMatchObject({ code: 'rate_limited', retryAfterMs: expect.any(Number) });
  });

  test('pages of other origins are refused over REST, polling and upgrades; those of this machine are not', async () => {
    for (const transport of ['polling', 'websocket']) {
      for (const [origin, allowed] of [
        ['http://localhost:5173', true],
        ['https://evil.test', false],
      ] as const) {
        const options = { transports: [transport], extraHeaders: { origin }, reconnection: false };
        const { socket } = open({}, options);
        const outcome = await new Promise((resolve) => {
          socket.once('connect', () => resolve(true));
          socket.once('connect_error', () => resolve(false));
        });
        expect([transport, origin, outcome]).toEqual([transport, origin, allowed]);
      }
    }
    const refused = await post('/api/requests', { userQuery: 'q' }, { origin: 'https://evil.test' });
    expect(refused.status).toBe(403);
    const problem = (await refused.json()) as Body;
    expect(problem).toMatchObject({ code: 'origin_refused', status: 403 });
    expect(problem.detail).toMatch(/https:\/\/evil\.test.*ALLOWED_ORIGINS/);
  });
});

describe('REST', () => {
  test('starts, reads, and says where; the second start is the first', async () => {
    const requestId = randomUUID();
    const first = await post('/api/requests', { requestId, userQuery: 'is this safe?' });
    expect([first.status, first.headers.get('location'), first.headers.get('stepwire-protocol')]).toEqual([
      201,
      `/api/requests/${requestId}`,
      '1',
    ]);
    expect((await post('/api/requests', { requestId, userQuery: 'is this safe?' })).status).toBe(200);
    const state = await fetch(`${stack.url}/api/requests/${requestId}`);
    expect(await state.json()).toMatchObject({ protocol: 1, requestId, userQuery: 'is this safe?' });
    expect((await post(`/api/requests/${requestId}/cancel`, {})).status).toBe(200);
  });

  test.each([
    ['an unknown request', () => fetch(`${stack.url}/api/requests/nobody-knows`), 404, 'not_found'],
    ['an unknown address', () => fetch(`${stack.url}/api/nowhere`), 404, 'not_found'],
    ['a missing member', () => post('/api/requests', {}), 400, 'bad_request'],
    ['a body that is no JSON', () => post('/api/requests', '{"userQuery'), 400, 'bad_request'],
    [
      'a member __proto__',
      () => post('/api/requests', '{"userQuery":"q","context":{"__proto__":{}}}'),
      400,
      'bad_request',
    ],
    ['a body over 64 KiB', () => post('/api/requests', { userQuery: 'x'.repeat(70_000) }), 413, 'too_large'],
  ])('%s is a problem of RFC 9457', async (_what, call, status, code) => {
    const response = await call();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.headers.get('stepwire-protocol')).toBe('1');
    expect(await response.json()).toMatchObject({ status, code });
  });

  test('localhost works over IPv4 and IPv6, also half of one connection over each', async () => {
    const url = stack.url.replace('127.0.0.1', '[::1]');
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const client = open({}, { transports: ['polling', 'websocket'] }, url);
    await waitFor(() => client.socket.io.engine?.transport.name === 'websocket', { what: 'the upgrade' });
  });
});

test('without sign-in it does not start on an address that others reach', async () => {
  const main = new URL('../dist/main.js', import.meta.url).pathname;
  const { PATH } = process.env;
  const ended = promisify(execFile)(process.execPath, [main], { env: { PATH, AMQP_URL: broker.url, HOST: '0.0.0.0' } });
  await expect(ended).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/HOST is 0\.0\.0\.0.*AUTH_MODE=open/),
  });
});

describe('a connection that does not read', () => {
  test('is cut off; the others feel nothing, and it resumes with what it missed', async () => {
    const requestId = await quietly();
    const fast = open({ requestId });
    const slow = open({ requestId });
    await Promise.all([fast.frame('state'), slow.frame('state')]);
    const ended = new Promise((resolve) => slow.socket.once('disconnect', resolve));
    const tcp = tcpOf(slow);
    tcp.pause();
    const cut = cutOff(slow);
    await publishMuch(requestId, (seq) => fast.reaches(seq));
    await cut;
    tcp.resume();
    await ended;
    expect(fast.seqs).toEqual(upTo(203, 4));
    const had = slow.seqs.at(-1) ?? 3;
    slow.socket.io.opts.query = { requestId, since: String(had) };
    const { missed } = await slow.frame('state', 2);
    expect((missed as Body[]).map(({ seq }) => seq)).toEqual(upTo(203, had + 1));
  });

  test('is not cut off for a snapshot that is larger than the cap', async () => {
    const [large, other] = [await quietly(), await quietly()];
    await publishMuch(large);
    await reached(large, 203);
    const client = open();
    const witness = open({ requestId: other });
    await witness.frame('state');
    await client.ask('leave', { requestId: large });
    const [tcp, { id }] = [tcpOf(client), client.socket];
    tcp.pause();
    client.socket.emit('rejoin', { requestId: large, since: 0 });
    tcpOf(witness).pause();
    const cut = cutOff(witness);
    await publishMuch(other);
    // whoever is over the cap is found by the same look
    await cut;
    tcp.resume();
    await publish(large, 1);
    await client.reaches(204);
    expect(client.socket.id).toBe(id);
  });
});

describe('when others are away', () => {
  test('without a coordinator: unavailable soon, /ready names it, and the join is made up for by itself', async () => {
    const requestId = await quietly();
    await stack.kill('coordinator');
    const begun = Date.now();
    const client = open({ requestId });
    expect(await client.frame('error')).toMatchObject({ agent: 'gateway', code: 'unavailable', requestId });
    expect(await client.ask('cancel', { requestId })).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(Date.now() - begun).toBeLessThan(12_000);
    const ready = await fetch(`${stack.url}/ready`);
    expect([ready.status, ((await ready.json()) as Body).missing]).toEqual([
      503,
      expect.arrayContaining(['coordinator']),
    ]);
    expect((await fetch(`${stack.url}/health`)).status).toBe(200);
    await stack.restart('coordinator');
    expect(await client.frame('state')).toMatchObject({ requestId, seq: 3 });
  }, 60_000);

  test('after the broker closed all connections nothing is missing and nothing comes twice', async () => {
    const requestId = await quietly();
    const client = open({ requestId });
    await client.frame('state');
    await broker.closeConnections();
    await beginPublishing();
    await publish(requestId, 5);
    await client.reaches(8);
    expect(client.seqs).toEqual(upTo(8, 4));
  }, 60_000);

  test('SIGTERM ends it with exit code 0, also while somebody neither reads nor leaves', async () => {
    const requestId = await quietly();
    const stuck = open({ requestId }, { reconnection: false });
    await stuck.frame('state');
    tcpOf(stuck).pause();
    const cut = cutOff(stuck);
    await publishMuch(requestId);
    await cut;
    expect(await stack.terminate('gateway')).toMatch(/code 0/);
  });
});
