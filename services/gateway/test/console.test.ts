import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TemporaryFolder, temporaryFolder } from '@stepwire/testing';
import express from 'express';
import { consolePages } from '../src/http/console.ts';

let folder: TemporaryFolder;
let server: Server;
const PAGE = '<!doctype html><title>the page</title>';
const asBrowser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') => {
  const { port } = server.address() as AddressInfo;
  return fetch(`http://127.0.0.1:${port}${path}`, { headers, method });
};
const write = (file: string, content: string): void => writeFileSync(join(folder.path, file), content);

beforeAll(async () => {
  folder = temporaryFolder();
  const app = express();
  app.use(consolePages({ consoleDir: join(folder.path, 'dist'), clientDir: join(folder.path, 'client') }));
  app.use((_, response) => void response.status(404).send('no such thing'));
  server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  folder.remove();
});

test('without a build, / says how to make one, and comes with it once it is there', async () => {
  const response = await get('/', asBrowser);
  expect([response.status, await response.text()]).toEqual([
    200,
    expect.stringMatching(/^[^\n]*npm run build[^\n]*\n$/),
  ]);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  for (const path of ['/client.js', '/assets/index-1a2b.js']) expect((await get(path)).status).toBe(404);

  for (const name of ['dist', 'dist/assets', 'client']) mkdirSync(join(folder.path, name));
  write('dist/index.html', PAGE);
  write('dist/favicon.svg', '<svg/>');
  write('dist/assets/index-1a2b.js', 'export {}');
  write('client/client.js', 'export const connect = 1');
  write('client/index.js', 'secret');
  expect(await (await get('/')).text()).toBe(PAGE);
});

describe('the console', () => {
  test.each(['/', '/requests', '/requests/abc?view=replay', '/requests/a.b%2Fc/space', '/dead-letters'])(
    '%s is its page, looked for anew each time, which runs no script but its own and stands in nobody’s frame',
    async (path) => {
      const response = await get(path, asBrowser);
      expect([response.status, await response.text()]).toEqual([200, PAGE]);
      const { headers } = response;
      expect(headers.get('cache-control')).toBe('no-cache');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      // `fetch` would say no-cache by itself, which asks for all of it again
      const known = { 'if-none-match': headers.get('etag') ?? '', 'cache-control': 'max-age=0' };
      const again = await get(path, { ...asBrowser, ...known });
      expect(again.status).toBe(304);
    },
  );

  test.each([
    '/api',
    '/api/nothing',
    '/ws/nothing',
    '/socket.io',
    '/health/nothing',
    '/ready/x',
    '/client.js/x',
    '/assets/index-old.js',
    '/assets/',
    '/robots.txt',
    '/requests.map',
  ])('%s is no page of it, even for a browser that goes there', async (path) => {
    expect((await get(path, asBrowser)).status).toBe(404);
  });

  test('a program that asks for something else than a page gets none', async () => {
    expect((await get('/requests/abc', { accept: 'application/json' })).status).toBe(404);
    expect((await get('/requests/abc', asBrowser, 'POST')).status).toBe(404);
  });

  test('files with a hash in their name are kept for a year, others are asked for each time', async () => {
    const kept = await get('/assets/index-1a2b.js');
    expect(kept.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(kept.headers.get('content-type')).toMatch(/^text\/javascript/);
    for (const path of ['/favicon.svg', '/client.js'])
      expect((await get(path)).headers.get('cache-control')).toBe('no-cache');
    expect(await (await get('/client.js')).text()).toContain('connect');
  });

  test('nothing else of the folders is given out', async () => {
    for (const path of ['/index.js', '/..%2Fclient%2Findex.js', '/assets/..%2F..%2Fclient/index.js'])
      expect((await get(path, asBrowser)).status).toBeGreaterThanOrEqual(400);
  });
});
