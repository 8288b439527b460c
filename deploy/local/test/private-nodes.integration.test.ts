import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@stepwire/testing';
import { speaksAmqp } from '../src/ports.ts';
import { startPrivateBroker } from '../src/private-broker.ts';
import { processesOf } from './processes-of.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A program that starts a private broker and a Postgres, says so, and then waits for its end. */
const program = fileURLToPath(new URL('./start-private-nodes.mjs', import.meta.url));

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'after %s of the process that started them, neither node, port mapper nor their children are left',
  async (signal) => {
    const child = spawn(process.execPath, ['--no-warnings', '--conditions=@stepwire/source', program, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await Promise.race([
      once(createInterface(child.stdout), 'line').then(String),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`${program} ended with ${code}`))),
    ]);
    const { broker } = JSON.parse(line);
    expect(await speaksAmqp('127.0.0.1', Number(new URL(broker).port))).toBe(true);
    const commands = processesOf(folder.path).map(({ command }) => command);
    for (const name of ['epmd', 'beam.smp', 'postgres']) expect(commands.join('\n')).toContain(name);
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await waitFor(() => processesOf(folder.path).length === 0, {
      timeoutMs: 30_000,
      what: 'the end of all processes',
    });
    expect(await speaksAmqp('127.0.0.1', Number(new URL(broker).port))).toBe(false);
    expect(existsSync(join(folder.path, 'postgres', 'data', 'postmaster.pid'))).toBe(false);
  },
  120_000,
);

test('a broker that can not start says so with its last words', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await expect(startPrivateBroker({ dataDir: folder.path, port })).rejects.toThrow(/eaddrinuse|already in use/i);
  server.close();
}, 90_000);
