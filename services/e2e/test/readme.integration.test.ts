import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BrokerForTest,
  type DatabaseForTest,
  type StackForTest,
  startStack,
  withBroker,
  withDatabase,
} from '@stepwire/testing';
import { Watcher } from './watcher.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The only block of that language; its addresses are replaced by those of this test, and nothing else. */
function block(language: string, addresses: Readonly<Record<string, string>>): string {
  const blocks = [...readme.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(
    (match) => match[1] ?? '',
  );
  expect(blocks).toHaveLength(1);
  return Object.entries(addresses).reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
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
    await writeFile(file, block('js', { 'http://localhost:3001': stack.url }));
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
    const script = block('python', { 'amqp://guest:guest@localhost:5672/%2F': broker.url });
    await run('/usr/bin/python3', ['-c', script], { timeout: 30_000 });
    const { body } = await watcher.frame('request.completed');
    expect(body).toMatchObject({ seq: 6, result: { answer: 42 } });
    watcher.close();
  }, 60_000);

  test('every file that it links to is there', () => {
    for (const [, path = ''] of readme.matchAll(/\]\(([^)#]+)\)/g))
      expect(() => readFileSync(join(root, path))).not.toThrow();
  });
});
