import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type BrokerForTest, type TemporaryFolder, temporaryFolder, waitFor, withBroker } from '@stepwire/testing';
import { freePorts } from '../src/ports.ts';
import { processesOf } from './processes-of.ts';

/** What `npm start` goes on with once dependencies and build are there. */
const program = fileURLToPath(new URL('../dist/start.js', import.meta.url));

interface Start {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** the first line that matches, when it comes; rejects when the process ends without it */
  line(pattern: RegExp): Promise<string>;
  readonly ended: Promise<number | null>;
}

let broker: BrokerForTest;
let folder: TemporaryFolder;
let port: number;
const started: ChildProcess[] = [];

function start(env: Record<string, string> = {}): Start {
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env.PATH,
      AMQP_URL: broker.url,
      DATA_DIR: folder.path,
      PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => lines.push(line));
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null));
  let over = false;
  void ended.then(() => {
    over = true;
  });
  return {
    process: child,
    lines,
    ended,
    async line(pattern) {
      const found = await waitFor(() => lines.find((line) => pattern.test(line)) ?? over, {
        timeoutMs: 90_000,
        what: `a line like ${pattern}`,
      });
      if (typeof found === 'string') return found;
      throw new Error(`it ended without a line like ${pattern}:\n${lines.join('\n')}`);
    },
  };
}

beforeAll(async () => {
  broker = await withBroker({ topology: false });
}, 60_000);
afterAll(() => broker.close());
beforeEach(async () => {
  folder = temporaryFolder();
  port = (await freePorts(1))[0] ?? 0;
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await waitFor(() => processesOf(folder.path).length === 0, { timeoutMs: 30_000, what: 'the end of all processes' });
  folder.remove();
}, 40_000);

describe('npm start', () => {
  test('ends with one line that gives the address, where /ready then says so', async () => {
    const stack = start();
    expect(await stack.line(/ready at/)).toBe(
      `Stepwire is ready at http://localhost:${port} (open it in a browser; Ctrl-C stops it)`,
    );
    expect(stack.lines.at(-1)).toMatch(/ready at/);
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
    expect(await (await fetch(`http://localhost:${port}/`)).text()).toContain('<div id="root">');
  }, 120_000);

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s stops everything it started, and nothing else',
    async (signal) => {
      const stack = start();
      await stack.line(/ready at/);
      expect(processesOf(folder.path).length).toBeGreaterThanOrEqual(5);
      stack.process.kill(signal);
      expect(await stack.ended).toBe(0);
      expect(processesOf(folder.path)).toEqual([]);
      expect(await broker.connectionCount()).toBe(0);
    },
    120_000,
  );

  test('killed with SIGKILL, it leaves no service behind', async () => {
    const stack = start();
    await stack.line(/ready at/);
    stack.process.kill('SIGKILL');
    await waitFor(() => processesOf(folder.path).length === 0, { timeoutMs: 30_000, what: 'the end of all services' });
  }, 120_000);

  test('a service that dies is started again, and said so', async () => {
    const stack = start();
    await stack.line(/ready at/);
    const executor = processesOf(folder.path).find(({ command }) => command.includes('services/executor/'));
    process.kill(executor?.pid ?? -1, 'SIGKILL');
    expect(await stack.line(/executor ended/)).toMatch(
      /^executor ended \(signal SIGKILL\); starting it again in 0\.5 s\. Its log: .*executor\.log$/,
    );
    const again = await waitFor(() =>
      processesOf(folder.path).find(({ command }) => command.includes('services/executor/')),
    );
    expect(again.pid).not.toBe(executor?.pid);
  }, 120_000);

  test('a second one on the same DATA_DIR is refused and names the first', async () => {
    const first = start();
    await first.line(/ready at/);
    const second = start({ PORT: String((await freePorts(1))[0]) });
    expect(await second.ended).toBe(1);
    expect(second.lines).toEqual([
      `Stepwire already runs on ${folder.path} (process ${first.process.pid}). Stop it first, or give this one its own DATA_DIR.`,
    ]);
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
  }, 120_000);

  test('a lock left by one that was killed does not count', async () => {
    const killed = start();
    await killed.line(/broker/);
    killed.process.kill('SIGKILL');
    await killed.ended;
    const next = start();
    await next.line(/ready at/);
  }, 120_000);

  test('a port that is in use is said at once, with the way out', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const stack = start();
    expect(await stack.ended).toBe(1);
    expect(stack.lines).toEqual([
      `Port ${port} on 127.0.0.1 is in use by another program. Choose another one: PORT=${port + 1} npm start`,
    ]);
    other.close();
  }, 30_000);

  test('a setting that is wrong is named', async () => {
    const stack = start({ PORT: 'http' });
    expect(await stack.ended).toBe(1);
    expect(stack.lines).toEqual(['PORT must be a whole number from 0 to 65535, is "http"']);
  }, 30_000);
});
