import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BrokerForTest,
  type DatabaseForTest,
  openBrowser,
  type StackForTest,
  startStack,
  waitFor,
  withBroker,
  withDatabase,
  withStack,
} from '@stepwire/testing';
import { Watcher } from './watcher.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The only block of that language with that in it; its addresses are replaced by those of this test, and nothing else. */
function block(language: string, has: string, addresses: Readonly<Record<string, string>>): string {
  const blocks = [...readme.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].flatMap(([, text = '']) =>
    text.includes(has) ? [text] : [],
  );
  expect(blocks).toHaveLength(1);
  return Object.entries(addresses).reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, blocks[0] ?? '');
}

describe('the README', () => {
  let broker: BrokerForTest;
  let database: DatabaseForTest;
  let stack: StackForTest;

  beforeAll(async () => {
    [broker, database] = await Promise.all([withBroker(), withDatabase('pglite')]);
    stack = await startStack({ broker, database });
  }, 90_000);
  afterAll(async () => {
    await stack?.stop();
    await database.close();
    await broker.close();
  });

  test('its frontend starts a check, answers the question and prints the verdict', async () => {
    // beside this test, so that socket.io-client is found
    const file = join(import.meta.dirname, 'readme-frontend.generated.mjs');
    await writeFile(file, block('js', 'socket.io-client', { 'http://localhost:3001': stack.url }));
    try {
      const { stdout } = await run(process.execPath, [file], { timeout: 60_000 });
      expect(stdout).toMatch(/entity_extraction: completed/);
      expect(stdout).toMatch(/scam/);
    } finally {
      await rm(file);
    }
  }, 70_000);

  test('its Python agent shows up at a watcher', async () => {
    const watcher = new Watcher(stack.url, { requestId: 'py-1' });
    await watcher.frame('state');
    const script = block('python', 'pika', { 'amqp://guest:guest@localhost:5672/%2F': broker.url });
    await run('/usr/bin/python3', ['-c', script], { timeout: 30_000 });
    const { body } = await watcher.frame('request.completed');
    expect(body).toMatchObject({ seq: 6, result: { answer: 42 } });
    watcher.close();
  }, 60_000);

  test('its other doors follow one request to its end, which curl starts', async () => {
    const here = { 'localhost:3001': new URL(stack.url).host };
    const python = (has: string) => run('/usr/bin/python3', ['-uc', block('python', has, here)], { timeout: 60_000 });
    const curl = run('sh', ['-c', block('sh', 'Last-Event-ID', here)], { timeout: 60_000 });
    await waitFor(async () => (await fetch(`${stack.url}/api/requests/mine`)).ok, { what: 'its request' });
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      const said: string[] = [];
      page.on('console', (message) => void said.push(message.text()));
      await page.goto(`${stack.url}/health`);
      await page.evaluate(block('js', 'new EventSource', here));
      const plain = python('websockets');
      // its last line waits for ever, as a program that watches does
      const socket = new AbortController();
      const frames = run('/usr/bin/python3', ['-uc', block('python', 'socketio', here)], { signal: socket.signal });
      let heard = '';
      frames.child.stdout?.on('data', (text: string) => {
        heard += text;
      });
      await waitFor(() => /^state \d+$/m.test(heard), { what: 'the state by Socket.IO' });
      await fetch(`${stack.url}/api/requests/mine/cancel`, { method: 'POST' });
      expect((await plain).stdout).toMatch(/connected\n/);
      await waitFor(() => said.includes('request.cancelled') && said.includes('request.accepted'), {
        what: 'the page',
      });
      await waitFor(() => heard.includes('request.cancelled '), { what: 'the end by Socket.IO' });
      socket.abort();
      await frames.catch(() => undefined);
    } finally {
      await browser.close();
    }
    const { stdout } = await curl;
    expect(stdout).toContain('"created":true');
    expect(stdout).toMatch(/^id: 2$/m);
    expect(stdout).not.toMatch(/^id: 1$/m);
    expect(stdout).toContain('"type":"request.cancelled"');
  }, 90_000);

  test('its AG-UI client runs until it is asked', async () => {
    const file = join(import.meta.dirname, 'readme-ag-ui.generated.mjs');
    await writeFile(file, block('js', 'HttpAgent', { 'http://localhost:3001': stack.url }));
    try {
      const { stdout } = await run(process.execPath, [file], { timeout: 60_000 });
      expect(stdout).toMatch(/^RUN_STARTED\n[\s\S]*RUN_FINISHED\n$/);
    } finally {
      await rm(file);
    }
  }, 70_000);

  test('its token signs in', async () => {
    const AUTH_SECRET = 'a secret of the tests that has 32 bytes and more';
    const signedIn = await withStack({ AUTH_SECRET });
    try {
      const token = join(root, 'deploy/local/dist/token.js');
      const script = block('sh', 'Bearer', {
        'http://localhost:3001': signedIn.url,
        'npm run -s token --': `${process.execPath} ${token}`,
      });
      const { stdout } = await run('sh', ['-c', script], { env: { PATH: process.env.PATH, AUTH_SECRET } });
      expect(JSON.parse(stdout)).toMatchObject({ userId: 'ada', operator: false });
    } finally {
      await signedIn.close();
    }
  }, 90_000);

  test('every file that it links to is there', () => {
    for (const [, path = ''] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g))
      expect(() => readFileSync(join(root, path))).not.toThrow();
  });
});
