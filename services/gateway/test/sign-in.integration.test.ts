import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type OwnStack, Publisher, waitFor, withStack } from '@stepwire/testing';
import { type Body, Client } from './client.ts';
import { EventStream } from './event-stream.ts';
import { bearer, SECRET, tokenOf } from './token.ts';
import { WebSocketClient } from './web-socket-client.ts';

let stack: OwnStack;
let agent: Publisher;
const closing: (() => void)[] = [];
const PAGE = 'https://app.example';
const ask = (
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
  method = body === undefined ? 'GET' : 'POST',
) =>
  fetch(`${stack.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const problem = async (response: Response): Promise<[number, unknown]> => [
  response.status,
  Reflect.get(Object(await response.json()), 'code'),
];
const stream = async (path: string, headers: Record<string, string> = {}): Promise<EventStream> => {
  const opened = await EventStream.open(`${stack.url}${path}`, { headers });
  closing.push(() => opened.close());
  return opened;
};
const socketIo = async (user: string, query: Record<string, string> = {}, seconds?: number): Promise<Client> => {
  const token = await tokenOf(user, seconds === undefined ? {} : { seconds });
  const client = new Client(stack.url, query, { auth: { token }, reconnection: false });
  closing.push(() => client.socket.close());
  return client;
};
const webSocket = (path: string, headers: Record<string, string> = {}): WebSocketClient => {
  const client = new WebSocketClient(`${stack.url}${path}`, { headers });
  closing.push(() => client.socket.terminate());
  return client;
};
/** A request of this user's in which nothing happens by itself. */
const requestOf = async (user: string): Promise<string> => {
  const requestId = randomUUID();
  await agent.ticks(requestId, 2, user);
  const headers = await bearer(user);
  await waitFor(async () => (await ask(`/api/requests/${requestId}`, headers)).ok);
  return requestId;
};
const cookieOf = async (user: string): Promise<string> => {
  const response = await ask('/api/session', { ...(await bearer(user)), origin: PAGE }, {});
  expect(response.status).toBe(201);
  const cookie = response.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Lax/);
  return cookie.split(';')[0] ?? '';
};

beforeAll(async () => {
  stack = await withStack({ AUTH_SECRET: SECRET, ALLOWED_ORIGINS: PAGE, MAX_CONNECTIONS_PER_USER: '8' });
  agent = await Publisher.open(stack.broker.url);
}, 120_000);
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
afterAll(async () => {
  await agent?.close();
  await stack?.close();
});

test('the console and /client.js come without sign-in, its questions do not; a door’s path is none of its pages', async () => {
  const asBrowser = { accept: 'text/html' };
  for (const path of ['/', '/requests/abc'])
    expect(await (await ask(path, asBrowser)).text()).toContain('<div id="root">');
  const client = await ask('/client.js', { 'accept-encoding': 'gzip' });
  expect([client.status, client.headers.get('content-encoding')]).toEqual([200, 'gzip']);
  for (const path of ['/api/requests', '/api/requests/abc'])
    expect(await problem(await ask(path, asBrowser))).toEqual([401, 'unauthorized']);
  for (const path of ['/api/nothing', '/ws/agents', '/health/x', '/assets/old.js'])
    expect(await problem(await ask(path, asBrowser))).toEqual([404, 'not_found']);
});

describe('a token', () => {
  test('is asked for, and says who one is', async () => {
    const response = await ask('/api/requests');
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await problem(response)).toEqual([401, 'unauthorized']);
    expect(await (await ask('/api/session', await bearer('ada', { operator: true }))).json()).toMatchObject({
      userId: 'ada',
      operator: true,
    });
    expect((await ask('/health')).status).toBe(200);
  });

  test('that expires ends what is open, whatever the door', async () => {
    const requestId = await requestOf('ada');
    const seconds = 3;
    const client = await socketIo('ada', { requestId }, seconds);
    await client.frame('state');
    const events = await stream(`/api/requests/${requestId}/events`, await bearer('ada', { seconds }));
    const plain = webSocket('/ws/agents', await bearer('ada', { seconds }));
    await waitFor(() => plain.socket.readyState === 1);
    expect(await client.frame('error')).toMatchObject({ agent: 'gateway', code: 'auth_expired' });
    await waitFor(() => !client.socket.connected, { what: 'the disconnect' });
    await events.end();
    expect(events.messages.at(-1)).toMatchObject({ event: 'refused', data: expect.stringContaining('auth_expired') });
    expect(await plain.close()).toEqual({ code: 4401, reason: 'auth_expired' });
    expect(plain.messages.at(-1)).toMatchObject({ type: 'error', code: 'auth_expired' });
  });
});

test('a stranger gets the answer of a request that never was, and never sees what they waited for', async () => {
  const requestId = randomUUID();
  const [ada, eve] = [await socketIo('ada', { requestId }), await socketIo('eve', { requestId })];
  expect(await eve.frame('state')).toMatchObject({ status: 'unknown', seq: 0 });
  await ada.frame('state');
  await agent.ticks(requestId, 3, 'ada');
  await ada.reaches(3);
  const headers = await bearer('eve');
  for (const path of [
    `/api/requests/${requestId}`,
    `/api/requests/${requestId}/events`,
    `/api/agent/stream/${requestId}`,
  ]) {
    expect(await problem(await ask(path, headers))).toEqual([404, 'not_found']);
  }
  expect(await problem(await ask(`/api/requests/${requestId}/cancel`, headers, {}))).toEqual([404, 'not_found']);
  const plain = webSocket(`/ws/agent-progress/${requestId}`, headers);
  expect((await plain.close()).code).toBe(4404);
  expect(eve.seqs).toEqual([]);
  const operator = await bearer('op', { operator: true });
  expect((await ask(`/api/requests/${requestId}`, operator)).status).toBe(200);
});

test('dead letters are looked at, tried again and thrown away by operators; others are told of nothing there', async () => {
  const [requestId, name] = [randomUUID(), randomUUID()];
  const [operator, ada] = [await bearer('op', { operator: true }), await bearer('ada')];
  const refusedLetter = (): Promise<Body> =>
    waitFor(
      async () => {
        const { deadLetters } = Object(await (await ask('/api/dead-letters', operator)).json());
        return (deadLetters as Body[]).find(({ body }) => String(body).includes(name));
      },
      { what: 'the dead letter' },
    );
  // a step that is no number, which the schema of that type refuses
  await agent.event(requestId, 'executor.step.progress', { stepId: name, stepOrder: 'x', status: 'running' }, 'ada');
  const letter = await refusedLetter();
  const id = String(letter.deadLetterId);
  expect(letter).toMatchObject({ reason: expect.stringMatching(/^bad_request: /), count: 1, retryable: true });
  for (const who of [{}, ada]) {
    const answer = 'authorization' in who ? [404, 'not_found'] : [401, 'unauthorized'];
    expect(await problem(await ask('/api/dead-letters', who))).toEqual(answer);
    expect(await problem(await ask(`/api/dead-letters/${id}/retry`, who, {}))).toEqual(answer);
    expect(await problem(await ask(`/api/dead-letters/${id}`, who, undefined, 'DELETE'))).toEqual(answer);
  }
  // it was not mended, so it dies again, under the same id
  expect((await ask(`/api/dead-letters/${id}/retry`, operator, {})).status).toBe(204);
  const again = await waitFor(async () => {
    const found = await refusedLetter();
    return found.at === letter.at ? undefined : found;
  });
  expect(again).toMatchObject({ deadLetterId: id, count: 1 });
  expect((await ask(`/api/dead-letters/${id}`, operator, undefined, 'DELETE')).status).toBe(204);
  expect(await problem(await ask(`/api/dead-letters/${id}`, operator, undefined, 'DELETE'))).toEqual([
    404,
    'not_found',
  ]);
  expect(await problem(await ask(`/api/dead-letters/${id}/retry`, operator, {}))).toEqual([404, 'not_found']);
  expect(await problem(await ask(`/api/requests/${requestId}`, ada))).toEqual([404, 'not_found']);
});

test('a hundred silent strangers keep nobody out who says at once who they are', async () => {
  const strangers = Array.from({ length: 101 }, () => webSocket('/ws/agents'));
  await waitFor(() => strangers.every(({ socket }) => socket.readyState > 0), { what: 'all to be connected' });
  expect(await waitFor(() => strangers.find(({ closed }) => closed)?.closed)).toEqual({
    code: 1013,
    reason: 'too_many_connections',
  });
  const ada = webSocket('/ws/agents');
  await waitFor(() => ada.socket.readyState === 1);
  ada.socket.send(JSON.stringify({ type: 'auth', token: await tokenOf('ada') }));
  await requestOf('ada');
  await ada.message(({ type }) => type === 'task.started');
});

describe('a session', () => {
  test('opens streams and sockets by its cookie, and signing out ends them', async () => {
    const requestId = await requestOf('ada');
    const cookie = await cookieOf('ada');
    const events = await stream(`/api/requests/${requestId}/events`, { cookie });
    await events.reaches('2');
    const plain = webSocket('/ws/agents', { cookie, origin: PAGE });
    await waitFor(() => plain.socket.readyState === 1);
    const out = await ask('/api/session', { cookie, origin: PAGE }, undefined, 'DELETE');
    expect([out.status, out.headers.get('set-cookie')]).toEqual([
      204,
      expect.stringMatching(/stepwire_session=;.*1970/),
    ]);
    await events.end();
    expect((await plain.close()).code).toBe(4401);
    expect(await problem(await ask('/api/requests', { cookie }))).toEqual([401, 'unauthorized']);
  });

  test('changes nothing without the origin of a page that may', async () => {
    const cookie = await cookieOf('ada');
    expect(await problem(await ask('/api/requests', { cookie }, { userQuery: 'q' }))).toEqual([403, 'origin_refused']);
    expect(
      await problem(await ask('/api/requests', { cookie, origin: 'https://evil.test' }, { userQuery: 'q' })),
    ).toEqual([403, 'origin_refused']);
    const { status, headers } = await ask('/api/requests', { cookie, origin: PAGE }, { userQuery: 'q' });
    expect([
      status,
      headers.get('access-control-allow-origin'),
      headers.get('access-control-allow-credentials'),
    ]).toEqual([201, PAGE, 'true']);
  });
});

test('a ticket opens its path again and again, for its page, and nothing else', async () => {
  const requestId = await requestOf('ada');
  const path = `/api/requests/${requestId}/events`;
  const made = await ask('/api/ticket', { ...(await bearer('ada')), origin: PAGE }, { path });
  expect(made.status).toBe(201);
  const ticket = String(Reflect.get(Object(await made.json()), 'ticket'));
  for (const since of ['0', '1']) {
    const events = await stream(`${path}?since=${since}&ticket=${ticket}`, { origin: PAGE });
    await events.reaches('2');
  }
  expect(await problem(await ask(`/api/requests/${requestId}?ticket=${ticket}`))).toEqual([401, 'unauthorized']);
  expect(await problem(await ask(`${path}?ticket=${ticket}x`))).toEqual([401, 'unauthorized']);
});

test('a share lets whoever has it watch one request, until it is taken back', async () => {
  const [requestId, other] = [await requestOf('ada'), await requestOf('ada')];
  const owner = await bearer('ada');
  const made = Object(await (await ask(`/api/requests/${requestId}/shares`, owner, {})).json()) as Body;
  const query = `share=${String(made.share)}`;
  const events = await stream(`/api/requests/${requestId}/events?${query}`);
  await events.reaches('2');
  const guest = new Client(stack.url, { requestId, share: String(made.share) }, { reconnection: false });
  closing.push(() => guest.socket.close());
  expect(await guest.frame('state')).toMatchObject({ requestId, seq: 2 });
  await agent.ticks(requestId, 1);
  await events.reaches('3');
  await guest.reaches(3);
  expect(await problem(await ask(`/api/requests/${other}/events?${query}`))).toEqual([404, 'not_found']);
  expect(await problem(await ask(`/api/requests/${requestId}/cancel?${query}`, {}, {}))).toEqual([401, 'unauthorized']);
  expect(await guest.ask('cancel', { requestId })).toMatchObject({ ok: false, error: { code: 'unauthorized' } });
  const back = Date.now();
  expect(
    (await ask(`/api/requests/${requestId}/shares/${String(made.shareId)}`, owner, undefined, 'DELETE')).status,
  ).toBe(204);
  await events.end();
  expect(Date.now() - back).toBeLessThan(5_000);
  await waitFor(() => !guest.socket.connected, { what: 'the guest’s end' });
  expect((await ask(`/api/requests/${requestId}/events?${query}`)).status).toBe(404);
});

test('a plain WebSocket says who it is in its first frame, or by the ticket of scan-image', async () => {
  const requestId = await requestOf('ada');
  const late = webSocket(`/ws/agent-progress/${requestId}`);
  await waitFor(() => late.socket.readyState === 1);
  late.socket.send(JSON.stringify({ type: 'auth', token: await tokenOf('ada') }));
  await late.message(({ step }) => step === 'connected');
  const wrong = webSocket(`/ws/agent-progress/${requestId}`);
  await waitFor(() => wrong.socket.readyState === 1);
  wrong.socket.send(JSON.stringify({ type: 'hello' }));
  expect((await wrong.close()).code).toBe(4401);
  const silent = webSocket(`/ws/agent-progress/${requestId}`);
  const scan = await ask('/scan-image', await bearer('ada'), { text: 'is this safe?' });
  expect(scan.status).toBe(202);
  const { ws_url: address } = Object(await scan.json()) as Body;
  const followed = new WebSocketClient(String(address));
  closing.push(() => followed.socket.terminate());
  await followed.message(({ step }) => step === 'connected');
  expect(await silent.close()).toEqual({ code: 4401, reason: 'unauthorized' });
});

test('one user may have so many connections, and the refusal names the limit', async () => {
  const requestId = await requestOf('bob');
  const clients = await Promise.all(Array.from({ length: 8 }, () => socketIo('bob', { requestId })));
  await Promise.all(clients.map((client) => client.frame('state')));
  const refused = await ask(`/api/requests/${requestId}/events`, {
    ...(await bearer('bob')),
    accept: 'text/event-stream',
  });
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(Object(await refused.json())).toMatchObject({
    code: 'too_many_connections',
    detail: expect.stringContaining('MAX_CONNECTIONS_PER_USER'),
  });
});

test('a preflight of a page that may come is answered with what it may send; of another it is refused', async () => {
  const preflight = (origin: string) =>
    fetch(`${stack.url}/api/requests`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,last-event-id',
      },
    });
  const { headers } = await preflight(PAGE);
  expect(headers.get('access-control-allow-origin')).toBe(PAGE);
  expect(headers.get('access-control-allow-headers')).toMatch(
    /Authorization.*Content-Type.*Last-Event-ID.*Idempotency-Key/,
  );
  const refused = await preflight('https://evil.test');
  expect([refused.status, Reflect.get(Object(await refused.json()), 'detail')]).toEqual([
    403,
    expect.stringMatching(/evil\.test.*ALLOWED_ORIGINS/),
  ]);
});
