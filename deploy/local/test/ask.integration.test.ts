/** `npm run ask` as a person or a script runs it, without a terminal, against the real stack. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BrokerForTest,
  type DatabaseForTest,
  type StackForTest,
  startStack,
  waitFor,
  withBroker,
  withDatabase,
} from '@stepwire/testing';

const program = fileURLToPath(new URL('../ask.mjs', import.meta.url));
const text = 'Your parcel is held, pay 2.99 at http://dhl-parcel.test/x or call +44 7700 900123';

class Ask {
  stdout = '';
  stderr = '';
  readonly exitCode: Promise<number | null>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  constructor(url: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, [program, '--url', url, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.#child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.exitCode = new Promise((resolve) => this.#child.on('close', resolve));
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }
  kill(): void {
    this.#child.kill('SIGKILL');
  }
  /** until this stands on stdout */
  said(words: RegExp): Promise<RegExpMatchArray> {
    return waitFor(() => this.stdout.match(words), { timeoutMs: 30_000, what: `${words}; stderr: ${this.stderr}` });
  }
  /** stdout of --json */
  get events(): Record<string, unknown>[] {
    return this.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  }
  get seqs(): unknown[] {
    return this.events.map(({ seq }) => seq);
  }
}

const dense = (last: number) => Array.from({ length: last }, (_, n) => n + 1);
const waiting = (ms: number) => {
  const step = (id: string, order: number, dependsOn: string[] = []) => ({
    ...{ id, order, title: `Wait ${order}`, action: 'wait', dependsOn },
    input: { ms },
  });
  return JSON.stringify({ plan: { goal: 'Wait', steps: [step('a', 1), step('b', 2, ['a'])] } });
};

describe('with a stack that runs', () => {
  let broker: BrokerForTest;
  let database: DatabaseForTest;
  let stack: StackForTest;
  const asked: Ask[] = [];
  const ask = (...args: readonly string[]): Ask => {
    const child = new Ask(stack.url, ...args);
    asked.push(child);
    return child;
  };

  beforeAll(async () => {
    [broker, database] = await Promise.all([withBroker(), withDatabase('pglite')]);
    stack = await startStack({ broker, database });
  }, 90_000);
  afterEach(() => {
    for (const child of asked.splice(0)) child.kill();
  });
  afterAll(async () => {
    await stack?.stop();
    await database.close();
    await broker.close();
  });

  test('it shows the plan, each step, the default that it took at once, and the verdict with reasons; exit 0', async () => {
    const child = ask(text);
    expect(await child.exitCode).toBe(0);
    expect(child.stdout).toMatch(/^request \S+\naddress http:\/\/127\.0\.0\.1:\d+\/api\/requests\/\S+\n/);
    for (const tool of ['entity_extraction', 'domain_reputation', 'phone_validator', 'reasoning']) {
      expect(child.stdout).toMatch(new RegExp(`\\[ *\\d+%\\] \\d/\\d ${tool}: completed in`));
    }
    expect(child.stdout).toMatch(/\? Who sent this to you\?.*default "I don’t know"/);
    expect(child.stdout).toMatch(/= "I don’t know", answered by local/);
    expect(child.stdout).toMatch(/^Verdict: likely scam \(score \d+\)\n(?:.*\n)?reasons:\n {2}- \S/m);
  }, 60_000);

  test('it prints an address that answers', async () => {
    const child = ask(text);
    const [, address = ''] = await child.said(/^address (\S+)$/m);
    await child.exitCode;
    expect(await (await fetch(address)).json()).toMatchObject({ status: 'completed' });
  }, 60_000);

  test('an answer given in advance is the one that counts', async () => {
    const child = ask(text, '--answer', 'who sent=my bank');
    expect(await child.exitCode).toBe(0);
    expect(child.stdout).toMatch(/= "my bank", answered by local/);
  }, 60_000);

  test('--json prints every event once, in order, and nothing else; --watch prints the same', async () => {
    const first = ask(text, '--json');
    const { requestId } = await waitFor(() => first.events[0]);
    const second = ask('--watch', String(requestId), '--json');
    expect([await first.exitCode, await second.exitCode]).toEqual([0, 0]);
    expect(first.seqs).toEqual(dense(first.seqs.length));
    expect(first.events.at(0)).toMatchObject({ type: 'request.accepted' });
    expect(first.events.at(-1)).toMatchObject({ type: 'request.completed' });
    expect(second.events).toEqual(first.events);
    expect(first.stderr).toBe('');
  }, 60_000);

  test('--watch of what has ended tells it all and exits as it ended', async () => {
    const first = ask('Wait', '--context', waiting(10), '--json');
    expect(await first.exitCode).toBe(0);
    const again = ask('--watch', String(first.events[0]?.requestId), '--json');
    expect(await again.exitCode).toBe(0);
    expect(again.events).toEqual(first.events);
  }, 60_000);

  test('Ctrl-C cancels: exit 130', async () => {
    const child = ask('Wait', '--context', waiting(60_000));
    await child.said(/1\/2 wait: running/);
    child.interrupt();
    expect(await child.exitCode).toBe(130);
    expect(child.stdout).toMatch(/^cancelled by local: Ctrl-C$/m);
    expect(child.stderr).toMatch(/cancelling/);
  }, 60_000);

  test('a second Ctrl-C leaves without waiting for agents that do not stop; the same one told twice is one', async () => {
    const child = ask('Wait', '--context', waiting(60_000));
    await child.said(/1\/2 wait: running/);
    stack.freeze('executor');
    try {
      child.interrupt();
      child.interrupt();
      await child.said(/\] cancelling$/m);
      expect(child.stderr).not.toMatch(/left;/);
      // later than what counts as the same one; the frozen executor keeps the cancel open for 10 s
      await waitFor(
        () => {
          child.interrupt();
          return child.stderr.includes('left;');
        },
        { everyMs: 400 },
      );
      expect(await child.exitCode).toBe(130);
      expect(child.stdout).not.toMatch(/^cancelled by/m);
    } finally {
      stack.thaw('executor');
    }
  }, 60_000);

  test('Ctrl-C while watching leaves, and the request goes on', async () => {
    const runs = ask('Wait', '--context', waiting(60_000), '--json');
    await waitFor(() => runs.events.some(({ type }) => type === 'progress'), { timeoutMs: 30_000 });
    const watches = ask('--watch', String(runs.events[0]?.requestId));
    await watches.said(/1\/2 wait: running/);
    watches.interrupt();
    expect(await watches.exitCode).toBe(130);
    const seen = runs.events.length;
    await waitFor(() => runs.events.length > seen + 1);
    expect(runs.events.map(({ type }) => type)).not.toContain('request.cancelling');
    runs.interrupt();
    expect(await runs.exitCode).toBe(130);
    expect(runs.events.at(-1)).toMatchObject({ type: 'request.cancelled' });
  }, 60_000);

  test('a failed request says why and at which step: exit 1', async () => {
    const plan = { goal: 'Fail', steps: [{ id: 'a', order: 1, title: 'No such tool', action: 'no_such_tool' }] };
    const child = ask('Fail', '--context', JSON.stringify({ plan }));
    expect(await child.exitCode).toBe(1);
    expect(child.stdout).toMatch(/^failed at step \S+: .*no_such_tool/m);
  }, 60_000);

  test('a gateway that dies and comes back costs nothing: each event is shown once', async () => {
    const child = ask('Wait', '--context', waiting(3_000), '--json');
    await waitFor(() => child.events.some(({ type }) => type === 'progress'), { timeoutMs: 30_000 });
    await stack.kill('gateway');
    await waitFor(() => child.stderr.includes('the connection is lost'));
    await stack.restart('gateway');
    expect(await child.exitCode).toBe(0);
    expect(child.seqs).toEqual(dense(child.seqs.length));
    expect(child.events.at(-1)).toMatchObject({ type: 'request.completed' });
  }, 90_000);

  test('--watch of a request that is not there says so: exit 1', async () => {
    const child = ask('--watch', 'no-such-request');
    expect(await child.exitCode).toBe(1);
    expect(child.stderr).toMatch(/There is no request no-such-request/);
  }, 60_000);
});

describe('without a stack', () => {
  test('it says how to start one, within 3 s: exit 1', async () => {
    const startedAt = performance.now();
    // port 1 is reserved, and nothing listens there
    const child = new Ask('http://127.0.0.1:1', 'text');
    expect(await child.exitCode).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(child.stderr).toMatch(/No gateway answers at http:\/\/127\.0\.0\.1:1 .*npm start/);
    expect(child.stdout).toBe('');
  });

  test('nor does something that listens and never answers make it hang', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const child = new Ask(`http://127.0.0.1:${port}`, 'text');
    try {
      expect(await child.exitCode).toBe(1);
      expect(child.stderr).toMatch(/npm start/);
    } finally {
      child.kill();
      silent.close();
    }
  });
});
