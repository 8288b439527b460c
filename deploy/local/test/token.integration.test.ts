/** `npm run token` and `npm run ask` as a person types them at the root, against a stack with sign-in. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type OwnStack, withStack } from '@stepwire/testing';

const root = resolve(import.meta.dirname, '../../..');
const AUTH_SECRET = 'a secret of this test that is long enough';
let stack: OwnStack;

beforeAll(async () => {
  stack = await withStack({ AUTH_SECRET });
}, 90_000);
afterAll(() => stack?.close());

/** @throws Error with `code` and `stderr`, where it does not end with 0 */
const npmRun = (script: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
  promisify(execFile)('npm', ['run', '-s', script, '--', ...args], {
    cwd: root,
    env: { ...process.env, STEPWIRE_URL: stack.url, ...env },
    timeout: 120_000,
  });

test('a token of npm run token signs npm run ask in; without one it says how to get one', async () => {
  const { stdout } = await npmRun('token', ['--user', 'ada'], { AUTH_SECRET });
  const token = stdout.trim();
  const me = await fetch(`${stack.url}/api/session`, { headers: { authorization: `Bearer ${token}` } });
  expect(await me.json()).toMatchObject({ userId: 'ada', operator: false });

  const asked = await npmRun('ask', ['--json', 'is http://dhl-parcel.test/x real?'], { STEPWIRE_TOKEN: token });
  expect(asked.stdout).toMatch(/"request\.completed"/);
  await expect(npmRun('ask', ['is this real?'], { STEPWIRE_TOKEN: '' })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Not signed in: .*STEPWIRE_TOKEN.*npm run -s token/),
  });
  await expect(npmRun('token', ['--user', 'ada'], { AUTH_SECRET: '' })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/AUTH_SECRET is not set/),
  });
}, 300_000);
