import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Proxies } from '../src/proxies.ts';

const server = createServer((_, response) => response.end());
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => void server.close());

/** A request as the gateway meets it. */
async function received(headers: Record<string, string>): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  const met = new Promise<IncomingMessage>((resolve) => server.once('request', resolve));
  request({ port, host: '127.0.0.1', headers, agent: false }, (response) => response.resume()).end();
  return met;
}

test.each([
  [0, { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }, '127.0.0.1', 'http'],
  [1, { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }, '203.0.113.9', 'https'],
  [1, { 'x-forwarded-for': '1.2.3.4, 203.0.113.9' }, '203.0.113.9', 'http'],
  [
    2,
    { 'x-forwarded-for': '1.2.3.4, 203.0.113.9, 10.0.0.1', 'x-forwarded-proto': 'https, http' },
    '203.0.113.9',
    'https',
  ],
  [1, {}, '127.0.0.1', 'http'],
  [1, { 'x-forwarded-proto': 'javascript' }, '127.0.0.1', 'http'],
])('behind %i proxies %j is %s over %s', async (hops, headers, address, protocol) => {
  const proxies = new Proxies(hops);
  const met = await received(headers);
  expect([proxies.addressOf(met), proxies.protocolOf(met)]).toEqual([address, protocol]);
});
