import { randomUUID } from 'node:crypto';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type OwnStack, Publisher, waitFor, withStack } from '@stepwire/testing';
import { upTo } from './client.ts';
import { EventStream } from './event-stream.ts';
import { WebSocketClient } from './web-socket-client.ts';

let stack: OwnStack;
let agent: Publisher;
const closing: (() => void)[] = [];
const BULK = 'x'.repeat(60_000);
/** more than the kernel buffers on the way to somebody who does not read */
const MANY = 220;
const streamOf = async (path: string): Promise<EventStream> => {
  const stream = await EventStream.open(`${stack.url}${path}`);
  closing.push(() => stream.close());
  return stream;
};
const begun = async (): Promise<string> => {
  const requestId = randomUUID();
  await agent.event(requestId, 'acme.tick', {}, 'local');
  await waitFor(async () => (await fetch(`${stack.url}/api/requests/${requestId}`)).ok);
  return requestId;
};

beforeAll(async () => {
  stack = await withStack({ MAX_BACKLOG_BYTES: '262144' });
  agent = await Publisher.open(stack.broker.url);
}, 120_000);
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
afterAll(async () => {
  await agent?.close();
  await stack?.close();
});

test('an SSE stream that is not read is cut off; the others feel nothing, and it goes on after what it had', async () => {
  const requestId = await begun();
  const path = `/api/requests/${requestId}/events`;
  const [fast, feed] = [await streamOf(path), await streamOf('/api/feed')];
  const { hostname, port } = new URL(stack.url);
  const slow: Socket = connect(Number(port), hostname);
  closing.push(() => slow.destroy());
  slow.on('error', () => undefined);
  slow.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
  await new Promise((resolve) => slow.once('data', resolve));
  slow.pause();
  for (let seq = 2; seq <= MANY; seq += 1) {
    await agent.event(requestId, 'acme.tick', { bulk: BULK });
    if (seq % 20 === 0) await fast.reaches(String(seq));
  }
  let had = '';
  slow.on('data', (chunk) => {
    had += String(chunk);
  });
  slow.resume();
  await waitFor(() => slow.closed, { what: 'the cut', timeoutMs: 20_000 });
  await fast.reaches(String(MANY));
  expect(fast.ids).toEqual(upTo(MANY).map(String));
  await waitFor(() => feed.payloads.length === MANY - 1, {
    what: `${MANY - 1} in the feed, are ${feed.payloads.length}`,
  });
  const last = Number([...had.matchAll(/\nid: (\d+)\ndata: [^\n]*\n\n/g)].at(-1)?.[1] ?? 0);
  expect(last).toBeLessThan(MANY);
  const rest = await streamOf(`${path}?since=${last}`);
  await rest.reaches(String(MANY));
  expect(rest.ids).toEqual(upTo(MANY, last + 1).map(String));
}, 90_000);

test('a WebSocket that is not read is cut off', async () => {
  const requestId = await begun();
  const client = new WebSocketClient(`${stack.url}/ws/agents`);
  closing.push(() => client.socket.terminate());
  await client.message(({ taskId }) => taskId === requestId);
  client.socket.pause();
  for (let nth = 0; nth < MANY; nth += 1) await agent.event(requestId, 'agent.progress', { percent: 1, message: BULK });
  client.socket.resume();
  expect((await client.close()).code).toBe(1006);
}, 90_000);

test('a long history waits for who reads it slowly, and is not held against them', async () => {
  const requestId = await begun();
  for (let seq = 2; seq <= MANY; seq += 1) await agent.event(requestId, 'acme.tick', { bulk: BULK });
  await agent.event(requestId, 'request.completed', {});
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const call = get(
      `${stack.url}/api/requests/${requestId}/events`,
      { headers: { accept: 'text/event-stream' } },
      (response) => {
        response.on('data', (chunk) => {
          text += String(chunk);
          // a pause at each chunk: slower than the gateway can read pages
          response.pause();
          setImmediate(() => response.resume());
        });
        response.on('end', resolve).on('error', reject);
      },
    );
    call.on('error', reject);
  });
  expect([...text.matchAll(/\nid: (\d+)\n/g)].map(([, id]) => Number(id))).toEqual(upTo(MANY + 1));
}, 90_000);

test('after the broker closed all connections a feed has everything once', async () => {
  const feed = await streamOf('/api/feed');
  await waitFor(() => feed.messages.some(({ id }) => id !== undefined));
  await stack.broker.closeConnections();
  agent = await Publisher.open(stack.broker.url);
  const requestId = randomUUID();
  await agent.ticks(requestId, 20);
  const seqs = (): unknown[] => feed.payloads.flatMap((event) => (event.requestId === requestId ? [event.seq] : []));
  await waitFor(() => seqs().length >= 20, { what: '20 events', timeoutMs: 20_000 });
  expect(seqs()).toEqual(upTo(20));
}, 60_000);
