import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BlobStore } from '@stepwire/agent-sdk';
import { errorTable } from '@stepwire/protocol';
import { type OwnStack, Publisher, waitFor, withStack } from '@stepwire/testing';
import { type Body, Client } from './client.ts';
import { EventStream } from './event-stream.ts';
import { WebSocketClient } from './web-socket-client.ts';

let stack: OwnStack;
let agent: Publisher;
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${stack.url}${path}`, { headers });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const bodyOf = async (response: Response): Promise<Body> => Object(await response.json());

beforeAll(async () => {
  stack = await withStack({ MAX_CONNECTIONS_PER_ADDRESS: '3', TRUST_PROXY: '1' });
  agent = await Publisher.open(stack.broker.url);
}, 120_000);
afterAll(async () => {
  await agent?.close();
  await stack?.close();
});

describe('requests', () => {
  test('one Idempotency-Key starts one request', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await post('/api/requests', { userQuery: 'q' }, headers);
    const second = await post('/api/requests', { userQuery: 'q' }, headers);
    expect([first.status, second.status]).toEqual([201, 200]);
    const { requestId } = await bodyOf(first);
    expect(await bodyOf(second)).toMatchObject({ requestId, created: false });
    await post(`/api/requests/${String(requestId)}/cancel`, {});
  });

  test('are listed in pages, newest first', async () => {
    const mark = randomUUID();
    for (const nth of [1, 2, 3])
      expect((await post('/api/requests', { userQuery: `${mark} ${nth}` })).status).toBe(201);
    const found: unknown[] = [];
    let cursor: unknown = null;
    do {
      const more = cursor === null ? '' : `&cursor=${encodeURIComponent(String(cursor))}`;
      const page = await bodyOf(await get(`/api/requests?limit=2&q=${mark}${more}`));
      found.push(...Object(page.requests).map(({ userQuery }: Body) => userQuery));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(found).toEqual([3, 2, 1].map((nth) => `${mark} ${nth}`));
    expect(await bodyOf(await get('/api/requests?limit=0'))).toMatchObject({ code: 'bad_request', path: '/limit' });
    expect(await bodyOf(await get('/api/requests?cursor=x'))).toMatchObject({ code: 'bad_cursor' });
  });

  test('an artifact is given as it was made, to be kept and not to be run', async () => {
    const blobs = new BlobStore(join(stack.dataDir, 'blobs'));
    const { blobId: artifactId, bytes } = await blobs.put(Buffer.from('<script>1</script>'), 'text/html');
    const requestId = randomUUID();
    const made = { artifactId, name: 'réport "1".html', mediaType: 'text/html', bytes };
    await agent.event(requestId, 'executor.artifact.created', made);
    await waitFor(async () => (await get(`/api/requests/${requestId}`)).ok);
    const response = await get(`/api/requests/${requestId}/artifacts/${artifactId}`);
    expect(await response.text()).toBe('<script>1</script>');
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename=/);
    expect(response.headers.get('content-security-policy')).toMatch(/^sandbox/);
  });

  test('an artifact opens under its own request only', async () => {
    const requestId = randomUUID();
    await agent.event(requestId, 'executor.artifact.created', {
      artifactId: 'a'.repeat(64),
      name: 'x',
      mediaType: 'text/plain',
      bytes: 1,
    });
    await waitFor(async () => (await get(`/api/requests/${requestId}`)).ok);
    for (const id of ['a'.repeat(64), 'b'.repeat(64), '../../x']) {
      const response = await get(`/api/requests/${requestId}/artifacts/${encodeURIComponent(id)}`);
      expect([response.status, (await bodyOf(response)).code]).toEqual([404, 'not_found']);
    }
  });
});

describe('/scan-image', () => {
  test('a text, as JSON or in a form, is taken: the address of its WebSocket is absolute', async () => {
    const form = new FormData();
    form.set('text', 'is this safe?');
    const answers = [
      await post('/scan-image', { text: 'is this safe?' }),
      await fetch(`${stack.url}/scan-image`, { method: 'POST', body: form }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(202);
      const { task_id: id, ws_url: address } = await bodyOf(answer);
      expect(address).toBe(`${stack.url.replace('http', 'ws')}/ws/agent-progress/${String(id)}`);
    }
  });

  test('an image is told that it cannot be read, however large it is', async () => {
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(2_000_000)], { type: 'image/png' }), 'x.png');
    const response = await fetch(`${stack.url}/scan-image`, { method: 'POST', body: form });
    expect([response.status, (await bodyOf(response)).code]).toEqual([415, 'image_not_supported']);
  });
});

describe('documentation', () => {
  test('every code that a problem names is explained where its type leads', async () => {
    const { type } = await bodyOf(await get('/api/requests/nobody-knows'));
    const html = await (await get(String(type), { accept: 'text/html' })).text();
    for (const code of Object.keys(errorTable)) expect(html).toContain(`id="${code}"`);
    expect(await bodyOf(await get('/api/docs/errors', { accept: 'application/json' }))).toMatchObject({
      not_found: { http: 404 },
    });
  });

  test('OpenAPI names every operation once, and none that is not there', async () => {
    expect(await (await get('/api/docs', { accept: 'text/html' })).text()).toContain('/api/agent/stream/{executionId}');
    const { paths, openapi } = await bodyOf(await get('/api/docs/openapi.json'));
    expect(openapi).toBe('3.1.1');
    for (const [path, methods] of Object.entries(Object(paths))) {
      if (!('get' in Object(methods)) || path === '/api/feed') continue;
      const response = await get(path.replace(/\{\w+\}/g, 'nobody-knows'));
      // only a path that nobody serves is told so in these words
      expect(await response.text()).not.toMatch(/Cannot GET/);
    }
  });
});

test('large answers are compressed, and every answer says the protocol', async () => {
  const response = await get('/api/docs/openapi.json', { 'accept-encoding': 'gzip' });
  expect([response.headers.get('content-encoding'), response.headers.get('stepwire-protocol')]).toEqual(['gzip', '1']);
});

test('commands over one connection are limited, and told when to come back', async () => {
  const agentOfOne = new Agent({ keepAlive: true, maxSockets: 1 });
  const cancel = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const call = request(
        `${stack.url}/api/requests/nobody-knows/cancel`,
        { method: 'POST', agent: agentOfOne },
        resolve,
      );
      call.on('error', reject).end();
    });
  const answers = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const answer = await cancel();
      answer.resume();
      return answer;
    }),
  );
  agentOfOne.destroy();
  const refused = answers.find(({ statusCode }) => statusCode === 429);
  expect(refused?.headers['retry-after']).toBe('1');
});

test('the cursor of a feed goes on at every other door of it', async () => {
  const client = new Client(stack.url);
  expect(await client.ask('feed', {})).toMatchObject({ ok: true });
  const requestId = randomUUID();
  await agent.ticks(requestId, 2);
  await agent.event(requestId, 'request.completed', { result: 1 });
  await client.frame('feed', 3);
  const cursors = client.named('feed').map(({ cursor }) => String(cursor));
  client.socket.close();
  const since = encodeURIComponent(cursors[0] ?? '');

  const stream = await EventStream.open(`${stack.url}/api/feed?since=${since}`);
  await stream.reaches(cursors[2] ?? '');
  stream.close();
  expect(stream.ids).toEqual(cursors.slice(1));

  const plain = new WebSocketClient(`${stack.url}/ws/agents?since=${since}`);
  const told = await plain.message(({ type }) => type === 'task.completed');
  plain.socket.terminate();
  expect(told).toMatchObject({ taskId: requestId, cursor: cursors[2] });

  const back = new Client(stack.url);
  expect(await back.ask('feed', { since: stream.ids[0] })).toMatchObject({ ok: true, cursor: cursors[1] });
  expect(await back.frame('feed')).toMatchObject({ cursor: told.cursor });
  back.socket.close();
});

test('Socket.IO: feed follows all requests of the user, and its cursor goes on after exactly that event', async () => {
  const client = new Client(stack.url);
  const begun = await client.ask('feed', { types: ['acme.tick'] });
  expect(begun).toMatchObject({ ok: true, cursor: expect.any(String) });
  const requestId = randomUUID();
  await agent.ticks(requestId, 3);
  await client.frame('feed', 3);
  const cursors = client.named('feed').map(({ cursor }) => String(cursor));
  expect(await client.ask('feed', { since: cursors[0] })).toMatchObject({ ok: true, cursor: cursors[0] });
  await client.frame('feed', 5);
  expect(client.named('feed').map(({ event }) => Reflect.get(Object(event), 'seq'))).toEqual([1, 2, 3, 2, 3]);
  expect(await client.ask('feed', { since: 'x' })).toMatchObject({ ok: false, error: { code: 'bad_cursor' } });
  const others = [1, 2, 3].map(() => new Client(stack.url, {}, { reconnection: false }));
  const refusals = others.map(
    ({ socket }) =>
      new Promise((resolve) => socket.once('connect_error', (error) => resolve(Reflect.get(error, 'data')))),
  );
  expect(await Promise.race(refusals)).toMatchObject({
    code: 'too_many_connections',
    message: expect.stringContaining('MAX_CONNECTIONS_PER_ADDRESS'),
  });
  for (const { socket } of [client, ...others]) socket.close();
});

test('behind a proxy each client has its own address, and is told the address that it can reach', async () => {
  const from = (address: string): Promise<EventStream> =>
    EventStream.open(`${stack.url}/api/feed`, { headers: { 'x-forwarded-for': `10.9.9.9, ${address}` } });
  const streams = await Promise.all([1, 2, 3, 4].map(() => from('203.0.113.1')));
  const other = await from('203.0.113.2');
  expect(streams.map(({ response }) => response.status).sort()).toEqual([200, 200, 200, 429]);
  expect(other.response.status).toBe(200);
  const plain = ['203.0.113.1', '203.0.113.2'].map(
    (address) => new WebSocketClient(`${stack.url}/ws/agents`, { headers: { 'x-forwarded-for': address } }),
  );
  expect((await plain[0]?.close())?.code).toBe(1013);
  expect(plain[1]?.closed).toBeUndefined();
  for (const stream of [...streams, other]) stream.close();
  for (const { socket } of plain) socket.terminate();
  const scan = await post('/scan-image', { text: 'is this safe?' }, { 'x-forwarded-proto': 'https' });
  expect(await bodyOf(scan)).toMatchObject({ ws_url: expect.stringMatching(/^wss:/) });
});
