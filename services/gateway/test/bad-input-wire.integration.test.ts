import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type OwnStack, Publisher, waitFor, withStack } from '@stepwire/testing';
import { connect as connectAmqp } from 'amqplib';
import type { Body } from './client.ts';
import { FRAME_MAX, RawAmqp } from './raw-amqp.ts';

/** Bad input (bad-input.test.ts lists all of it): below what client libraries would send. */
let stack: OwnStack;
let agent: Publisher;
let requestId: string;
let before: unknown;
const stateOf = async (id: string): Promise<unknown> => (await fetch(`${stack.url}/api/requests/${id}`)).json();
const letters = async (): Promise<Body[]> => {
  const body: unknown = await (await fetch(`${stack.url}/api/dead-letters`)).json();
  const found: unknown = Reflect.get(Object(body), 'deadLetters');
  return Array.isArray(found) ? found : [];
};
const letterOf = (mark: string): Promise<Body> =>
  waitFor(async () => (await letters()).find(({ body }) => String(body).includes(mark)), { what: 'the dead letter' });

beforeAll(async () => {
  stack = await withStack({ HEADERS_TIMEOUT_MS: '1000' });
  agent = await Publisher.open(stack.broker.url);
  requestId = randomUUID();
  await agent.ticks(requestId, 2, 'local');
  await waitFor(async () => Reflect.get(Object(await stateOf(requestId)), 'seq') === 2);
  before = await stateOf(requestId);
}, 120_000);
afterEach(async () => {
  // nothing was changed, and the next good request is served
  expect(await stateOf(requestId)).toEqual(before);
});
afterAll(async () => {
  await agent?.close();
  await stack?.close();
});

describe('HTTP', () => {
  /** @returns all that came until the end */
  const raw = (head: string): Promise<string> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(stack.url);
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      // a reset, where it did not read to the end; what it said before may be lost then
      socket.on('error', () => undefined).on('close', () => resolve(text));
      socket.write(head);
    });
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

  test('slow headers', async () => {
    expect(await raw('GET /health HTTP/1.1\r\nHost: localhost\r\n')).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('a slow body', async () => {
    const head = 'POST /api/requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    expect(await raw(`${head}Content-Length: 100\r\n\r\n{`)).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  test.each(['//[', '/\\"', '//', 'http://[', '*'])('the target %s, which is no address', async (target) => {
    const plain = await raw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(plain).toMatch(/^HTTP\/1\.1 (200|400|404) /);
    expect(await raw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`)).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(await raw(`GET /ws/agent-progress/%ff HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`)).toMatch(
      /^HTTP\/1\.1 404 /,
    );
  });

  test.each([
    ['/api/requests/%ff', 400],
    ['/api/requests/%00', 400],
    ['/api/requests/%ed%a0%80', 400],
    [`/api/requests/${'x'.repeat(201)}`, 400],
    [`/api/requests/${'x'.repeat(201)}/events`, 400],
    [`/api/requests?q=${'x'.repeat(201)}`, 400],
    ['/api/requests?status=none', 400],
    ['/api/requests?limit=-1', 400],
  ])('the address %s', async (path, status) => {
    const text = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).toContain('"code":"bad_request"');
  });

  test('two lengths of one body', async () => {
    const head = 'POST /api/requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    expect(await raw(`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  });

  test('headers that are too large', async () => {
    expect(await raw(`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)).toMatch(
      /^(HTTP\/1\.1 431 |$)/,
    );
  });
});

describe('AMQP', () => {
  const event = (type: string, data: object): string => JSON.stringify({ type, requestId, agent: 'acme', data });

  test('a routing key that disagrees with the body', async () => {
    const connection = await connectAmqp(stack.broker.url);
    const channel = await connection.createConfirmChannel();
    const mark = randomUUID();
    channel.publish('agent.events', 'agent.progress', Buffer.from(event('agent.thinking', { thought: mark })));
    await channel.waitForConfirms();
    expect(await letterOf(mark)).toMatchObject({
      routingKey: 'agent.progress',
      reason: 'routing_key: published as agent.progress, but its type is agent.thinking',
    });
    await connection.close();
  });

  test.each([
    [
      'no requestId',
      (mark: string) => JSON.stringify({ type: 'acme.tick', data: { mark } }),
      /^bad_request: .*requestId/,
    ],
    [
      '__proto__',
      (mark: string) => `{"type":"acme.tick","requestId":"r","data":{"__proto__":{"mark":"${mark}"}}}`,
      /^bad_request: .*__proto__/,
    ],
    [
      'too deep',
      (mark: string) => `{"type":"acme.tick","requestId":"${mark}","data":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`,
      /^too_deep: /,
    ],
    [
      'over the limit',
      (mark: string) => `{"type":"acme.tick","requestId":"${mark}","data":{"x":"${'x'.repeat(600_000)}"}}`,
      /^too_large: .*524288/,
    ],
    [
      'a lone surrogate in its id',
      (mark: string) => `{"type":"acme.tick","requestId":"\\ud800${mark}"}`,
      /^bad_request: .*surrogate/,
    ],
    ['NUL in its id', (mark: string) => `{"type":"acme.tick","requestId":"\\u0000${mark}"}`, /^bad_request: .*NUL/],
    ['not JSON', (mark: string) => `{${mark}`, /^bad_request: not JSON/],
    [
      'a type of another schema',
      (mark: string) => `{"type":"acme.tick","requestId":"${mark}","data":7}`,
      /^bad_request: .*data/,
    ],
  ])('an event: %s', async (_what, body, reason) => {
    const connection = await connectAmqp(stack.broker.url);
    const channel = await connection.createConfirmChannel();
    const mark = randomUUID();
    channel.publish('agent.events', 'acme.tick', Buffer.from(body(mark)));
    await channel.waitForConfirms();
    expect((await letterOf(mark)).reason).toMatch(reason);
    expect((await fetch(`${stack.url}/api/requests/${mark}`)).status).toBe(404);
    await connection.close();
  });

  test('headers of 10 MB: a library refuses to send them, and the broker closes the connection', async () => {
    const header = 'x'.repeat(10 * 1024 * 1024);
    const connection = await connectAmqp(stack.broker.url);
    const channel = await connection.createConfirmChannel();
    expect(() =>
      channel.publish('agent.events', 'acme.tick', Buffer.from(event('acme.tick', {})), { headers: { header } }),
    ).toThrow(/header|Frame/i);
    await connection.close().catch(() => undefined); // its own channel may have been left in the middle

    const raw = await RawAmqp.open(stack.broker.url);
    raw.publish('agent.events', 'acme.tick', event('acme.tick', {}), header);
    // it may also just go away, in the middle of what it does not read
    await waitFor(() => raw.closed, { what: 'the end' });
    expect(raw.heard.toString('latin1')).toMatch(/FRAME_ERROR|frame_too_large/);
    raw.close();
  });

  test('the largest headers that the broker takes do no harm, whether the event is good or not', async () => {
    const raw = await RawAmqp.open(stack.broker.url);
    const other = randomUUID();
    const mark = randomUUID();
    const header = 'x'.repeat(FRAME_MAX - 200);
    raw.publish('agent.events', 'acme.tick', JSON.stringify({ type: 'acme.tick', requestId: other }), header);
    raw.publish('agent.events', 'acme.tick', JSON.stringify({ type: 'acme.tick', mark }), header);
    await letterOf(mark);
    await waitFor(async () => Reflect.get(Object(await stateOf(other)), 'seq') === 1, { what: 'the good one' });
    raw.close();
  });
});
