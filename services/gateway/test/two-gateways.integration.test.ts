import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
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
import { Client } from './client.ts';
import { EventStream } from './event-stream.ts';
import { bearer, SECRET } from './token.ts';
import { WebSocketClient } from './web-socket-client.ts';

let broker: BrokerForTest;
let database: DatabaseForTest;
let stack: StackForTest;
let agent: Publisher;
const closing: (() => void)[] = [];
const PAGE = 'https://app.example';

beforeAll(async () => {
  [broker, database] = await Promise.all([withBroker(), withDatabase('pglite')]);
  const env = { AUTH_SECRET: SECRET, ALLOWED_ORIGINS: PAGE };
  stack = await startStack({ broker, database, services: { gateway: 2 }, env });
  agent = await Publisher.open(broker.url);
}, 120_000);
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
afterAll(async () => {
  await agent?.close();
  await stack?.stop();
  await database?.close();
  await broker?.close();
});

const at = (gateway: 0 | 1): string => stack.urls[gateway] ?? '';
const signedIn = async (): Promise<{ cookie: string; origin: string }> => {
  const response = await fetch(`${at(0)}/api/session`, {
    method: 'POST',
    headers: { ...(await bearer('ada')), origin: PAGE },
  });
  return { cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '', origin: PAGE };
};
const signOut = async (headers: Record<string, string>): Promise<number> =>
  (await fetch(`${at(0)}/api/session`, { method: 'DELETE', headers })).status;
const begun = async (): Promise<string> => {
  const requestId = randomUUID();
  await agent.ticks(requestId, 1, 'ada');
  const headers = await bearer('ada');
  await waitFor(async () => (await fetch(`${at(1)}/api/requests/${requestId}`, { headers })).ok);
  return requestId;
};
const streamAt1 = async (requestId: string, headers: Record<string, string>, query = ''): Promise<EventStream> => {
  const stream = await EventStream.open(`${at(1)}/api/requests/${requestId}/events${query}`, { headers });
  closing.push(() => stream.close());
  return stream;
};
const webSocketAt1 = (path: string, headers: Record<string, string> = {}): WebSocketClient => {
  const client = new WebSocketClient(`${at(1)}${path}`, { headers });
  closing.push(() => client.socket.terminate());
  return client;
};

describe('a session that is signed out on one gateway', () => {
  test('ends within 5 s on another, with its tickets, and is refused there, also after a restart', async () => {
    const requestId = await begun();
    const headers = await signedIn();
    const made = await fetch(`${at(1)}/api/ticket`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ path: `/api/requests/${requestId}/events` }),
    });
    const { ticket } = Object(await made.json());
    const streams = [await streamAt1(requestId, headers), await streamAt1(requestId, {}, `?ticket=${ticket}`)];
    const plain = webSocketAt1('/ws/agents', headers);
    const client = new Client(at(1), { requestId }, { extraHeaders: headers, reconnection: false });
    closing.push(() => client.socket.close());
    await client.frame('state');
    await waitFor(() => plain.socket.readyState === 1);
    for (const stream of streams) await stream.reaches('1');

    expect(await signOut(headers)).toBe(204);
    const since = Date.now();
    expect((await fetch(`${at(1)}/api/session`, { headers })).status).toBe(401);
    for (const stream of streams) await stream.end();
    expect((await plain.close()).code).toBe(4401);
    await waitFor(() => !client.socket.connected, { what: 'the end of Socket.IO' });
    expect(Date.now() - since).toBeLessThan(5_000);
    expect(streams.map(({ text }) => text)).toEqual([
      expect.stringMatching(/event: refused\ndata: .*unauthorized/),
      expect.stringMatching(/event: refused/),
    ]);
    expect(client.named('error').at(-1)).toMatchObject({ code: 'unauthorized' });

    await stack.restart('gateway 2');
    await stack.ready();
    expect((await fetch(`${at(1)}/api/session`, { headers })).status).toBe(401);
    const late = webSocketAt1('/ws/agents', headers);
    expect((await late.close()).code).toBe(4401);
  });

  test('while the coordinator was away, ends as it comes back; until then nobody is let in by a cookie', async () => {
    const [headers, other] = [await signedIn(), await signedIn()];
    const client = new Client(at(1), {}, { extraHeaders: headers, reconnection: false });
    closing.push(() => client.socket.close());
    await waitFor(() => client.socket.connected);
    await stack.kill('coordinator');
    expect(await signOut(headers)).toBe(204);
    expect((await fetch(`${at(0)}/api/session`, { headers })).status).toBe(401);
    expect((await fetch(`${at(1)}/api/session`, { headers })).status).toBe(503);
    await stack.restart('coordinator');
    await stack.ready();
    await waitFor(() => !client.socket.connected, { what: 'the end of Socket.IO', timeoutMs: 15_000 });
    expect((await fetch(`${at(1)}/api/session`, { headers })).status).toBe(401);
    expect((await fetch(`${at(1)}/api/session`, { headers: other })).status).toBe(200);
  });
});

test('a gateway that ends says goodbye on every door, and does not wait for the cut', async () => {
  const requestId = await begun();
  const headers = await bearer('ada');
  const stream = await streamAt1(requestId, headers);
  await stream.reaches('1');
  const feed = webSocketAt1('/ws/agents', headers);
  const progress = webSocketAt1(`/ws/agent-progress/${requestId}`, headers);
  const stranger = webSocketAt1('/ws/agents');
  await progress.message(({ step }) => step === 'connected');
  await waitFor(() => feed.socket.readyState === 1 && stranger.socket.readyState === 1);
  const since = Date.now();
  expect(await stack.terminate('gateway 2')).toBe('exit code 0');
  expect(Date.now() - since).toBeLessThan(2_000);
  await stream.end();
  expect(stream.text).toMatch(/\n: this gateway ends.*\nretry: \d{4}\n\n$/);
  for (const { closed, messages } of [feed, progress, stranger]) {
    expect(closed).toEqual({ code: 1012, reason: 'the gateway ends' });
    expect(messages.at(-1)).toMatchObject({ code: 'unavailable', retryAfterMs: expect.any(Number) });
  }
});
