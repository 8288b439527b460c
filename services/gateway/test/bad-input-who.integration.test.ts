import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type OwnStack, Publisher, waitFor, withStack } from '@stepwire/testing';
import { WebSocket } from 'ws';
import {
  command,
  type Door,
  handshake,
  type Knock,
  otherDoors,
  type Refusal,
  requestDoors,
  upgrade,
  webSocketDoors,
} from './doors.ts';
import { bearer, SECRET, tokenOf } from './token.ts';
import { WebSocketClient } from './web-socket-client.ts';

/** Bad input (bad-input.test.ts lists all of it): who comes in, and to what. */
const PAGE = 'https://app.example';
const FOREIGN = 'https://evil.test';
let stack: OwnStack;
let agent: Publisher;
let requestId: string;
let before: unknown;

const json = async (path: string, headers: Record<string, string>): Promise<unknown> =>
  (await fetch(`${stack.url}${path}`, { headers })).json();
/** Ada's request, and all that she has. */
const adas = async (): Promise<unknown> => {
  const headers = await bearer('ada');
  return [await json(`/api/requests/${requestId}`, headers), await json('/api/requests', headers)];
};
const knock = (more: Partial<Knock> = {}): Knock => ({ url: stack.url, requestId, ...more });
const refusalsOf = (doors: Readonly<Record<string, Door>>, what: Knock): Promise<[string, Refusal][]> =>
  Promise.all(Object.entries(doors).map(async ([name, door]) => [name, await door(what)] as [string, Refusal]));

beforeAll(async () => {
  stack = await withStack({
    AUTH_SECRET: SECRET,
    ALLOWED_ORIGINS: PAGE,
    COMMANDS_PER_SECOND: '1000',
    MAX_CONNECTIONS: '40',
  });
  agent = await Publisher.open(stack.broker.url);
  requestId = randomUUID();
  await agent.ticks(requestId, 2, 'ada');
  await waitFor(
    async () => (await fetch(`${stack.url}/api/requests/${requestId}`, { headers: await bearer('ada') })).ok,
  );
  before = await adas();
}, 120_000);
afterEach(async () => {
  // nothing was changed, and the next good request is served
  expect(await adas()).toEqual(before);
});
afterAll(async () => {
  await agent?.close();
  await stack?.close();
});

const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"ada","exp":9999999999}')}.`.replaceAll('=', '');

describe.each([
  ['no token', async () => '', 'unauthorized'],
  ['an expired token', () => tokenOf('ada', { seconds: -5 }), 'auth_expired'],
  ['a token of alg none', async () => unsigned, 'unauthorized'],
  ['a token of another secret', () => tokenOf('ada', { secret: `${SECRET}!` }), 'unauthorized'],
])('%s', (_what, token, code) => {
  test('over HTTP', async () => {
    for (const [door, refusal] of await refusalsOf({ ...requestDoors, ...otherDoors }, knock({ token: await token() })))
      expect([door, refusal]).toMatchObject([door, { status: 401, code }]);
  });

  test('over Socket.IO', async () => {
    expect(await handshake(knock({ token: await token() }))).toMatchObject({ code });
  });

  test('over plain WebSockets', async () => {
    for (const [door, refusal] of await refusalsOf(webSocketDoors, knock({ token: await token() })))
      expect([door, refusal]).toMatchObject([door, { status: 4401, code }]);
  });
});

describe('a foreign origin', () => {
  test('over HTTP', async () => {
    const foreign = knock({ token: await tokenOf('ada'), headers: { origin: FOREIGN } });
    for (const [door, refusal] of await refusalsOf({ ...requestDoors, ...otherDoors }, foreign))
      expect([door, refusal]).toMatchObject([door, { status: 403, code: 'origin_refused' }]);
  });

  test('on polling and on upgrades', async () => {
    const polling = await fetch(`${stack.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: FOREIGN } });
    expect([polling.status, await polling.text()]).toEqual([403, expect.stringContaining('origin_refused')]);
    for (const path of ['/socket.io/?EIO=4&transport=websocket', `/ws/agent-progress/${requestId}`, '/ws/agents']) {
      const { status, text } = await upgrade(`${stack.url}${path}`, { origin: FOREIGN });
      expect([path, status, text]).toEqual([path, expect.any(Number), expect.stringContaining('origin_refused')]);
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('another user’s request', () => {
  /** both answers, apart from the id and, in artifacts and questions, ids that contain it */
  const both = async (door: Door): Promise<[Refusal, Refusal]> => {
    const token = await tokenOf('eve');
    const none = randomUUID();
    const [theirs, nobodys] = [await door(knock({ token })), await door(knock({ token, requestId: none }))];
    const blank = (refusal: Refusal, id: string): Refusal => ({ ...refusal, text: refusal.text.replaceAll(id, '…') });
    return [blank(theirs, requestId), blank(nobodys, none)];
  };

  test.each(Object.entries(requestDoors))('over HTTP, %s', async (_name, door) => {
    const [theirs, nobodys] = await both(door);
    expect(theirs).toEqual(nobodys);
    expect(theirs).toMatchObject({ status: 404, code: 'not_found' });
  });

  test.each([
    ['cancel', {}],
    ['feedback', { questionId: 'q', answer: 'a' }],
  ])('over Socket.IO, %s', async (name, body) => {
    const [theirs, nobodys] = await both(command(name, body));
    expect(theirs).toEqual(nobodys);
    expect(theirs).toMatchObject({ code: 'not_found' });
  });

  test('over Socket.IO, start: its id is taken, which is all that anybody learns', async () => {
    const { code, text } = await command('start', { userQuery: 'q' })(knock({ token: await tokenOf('eve') }));
    expect(code).toMatch(/request_id_taken|conflict/);
    expect(text).not.toContain('ada');
  });

  test('over plain WebSockets', async () => {
    const [theirs, nobodys] = await both(
      (given) => webSocketDoors['/ws/agent-progress']?.(given) ?? Promise.reject(new Error('no door')),
    );
    expect(theirs).toEqual(nobodys);
    expect(theirs).toMatchObject({ status: 4404, code: 'not_found' });
  });
});

describe('a ticket', () => {
  const ticketFor = async (path: string, seconds = 600): Promise<string> => {
    const response = await fetch(`${stack.url}/api/ticket`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await bearer('ada', { seconds })) },
      body: JSON.stringify({ path }),
    });
    return `ticket=${String(Reflect.get(Object(await response.json()), 'ticket'))}`;
  };

  test('on another path', async () => {
    const query = await ticketFor('/api/feed');
    for (const [door, refusal] of await refusalsOf(requestDoors, knock({ query })))
      expect([door, refusal]).toMatchObject([door, { status: 401, code: 'unauthorized' }]);
    expect(await handshake(knock({ query }))).toMatchObject({ code: 'unauthorized' });
    for (const [door, refusal] of await refusalsOf(webSocketDoors, knock({ query })))
      expect([door, refusal]).toMatchObject([door, { status: 4401, code: 'unauthorized' }]);
  });

  test('after its token expired', async () => {
    const paths = [`/api/requests/${requestId}/events`, `/ws/agent-progress/${requestId}`];
    const [events = '', progress = ''] = await Promise.all(paths.map((path) => ticketFor(path, 1)));
    const door = requestDoors['GET …/events'];
    await waitFor(async () => (await door?.(knock({ query: events })))?.code === 'auth_expired', { what: 'its end' });
    expect(await webSocketDoors['/ws/agent-progress']?.(knock({ query: progress }))).toMatchObject({
      status: 4401,
      code: 'auth_expired',
    });
  });
});

describe('a socket that never sends its auth frame', () => {
  test('over plain WebSockets is told so, and closed', async () => {
    const refusals = await refusalsOf(webSocketDoors, knock());
    for (const [door, refusal] of refusals)
      expect([door, refusal]).toMatchObject([door, { status: 4401, code: 'unauthorized' }]);
  }, 30_000);

  test('over Socket.IO is closed', async () => {
    const socket = new WebSocket(`${stack.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await waitFor(() => socket.readyState === WebSocket.OPEN);
    await closed;
  }, 30_000);
});

test('connection n+1', async () => {
  const headers = await bearer('ada');
  const path = `${stack.url}/ws/agent-progress/${requestId}`;
  const open = Array.from({ length: 40 }, () => new WebSocketClient(path, { headers }));
  try {
    await Promise.all(open.map((client) => client.message(({ step }) => step === 'connected')));
    const token = await tokenOf('ada');
    const { 'GET …/events, SSE': events } = requestDoors;
    expect(await events?.(knock({ token }))).toMatchObject({ status: 429, code: 'too_many_connections' });
    for (const [door, refusal] of await refusalsOf(webSocketDoors, knock({ token })))
      expect([door, refusal]).toMatchObject([door, { status: 1013, code: 'too_many_connections' }]);
    const polling = await fetch(`${stack.url}/socket.io/?EIO=4&transport=polling`);
    expect([polling.status, await polling.text()]).toEqual([403, expect.stringContaining('too_many_connections')]);
  } finally {
    for (const { socket } of open) socket.terminate();
  }
});
