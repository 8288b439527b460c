import { describe, expect, test } from '@jest/globals';
import { StepwireError } from '@stepwire/protocol';
import { gate, Runner } from './runner.ts';

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

describe('a cancel', () => {
  test('fires the signal, and the step is reported as skipped when the tool has stopped', async () => {
    await using runner = new Runner();
    const running = gate();
    const stopped = gate();
    const ran = runner.run(async ({ signal }) => {
      running.resolve();
      await untilAborted(signal).catch(() => {});
      await stopped.promise;
      return 'late';
    });
    await running.promise;
    runner.session.cancel('another request');
    runner.session.cancel('r1');
    expect(runner.events).toEqual([]);
    stopped.resolve();
    await ran;
    expect(runner.events).toMatchObject([
      { id: 'r1/s1/1/skipped', data: { status: 'skipped', message: 'cancelled', attempt: 1 } },
    ]);
  });

  test('gives up on a tool that ignores it, and drops what it says later', async () => {
    await using runner = new Runner();
    const running = gate();
    const goOn = gate();
    const said = gate<unknown>();
    const ran = runner.run(
      async (context) => {
        running.resolve();
        await goOn.promise;
        await context.output('I am still here').catch(said.resolve);
        return 'late';
      },
      {},
      { stopGraceMs: 10 },
    );
    await running.promise;
    runner.session.cancel('r1');
    await ran;
    goOn.resolve();
    expect(await said.promise).toMatchObject({ name: 'AbortError' });
    expect(runner.types()).toEqual(['executor.step.progress skipped']);
  });

  test('that overtakes the answer to the claim stops the step before its tool runs', async () => {
    await using runner = new Runner({
      claim: () => {
        runner.session.cancel('r1');
        return { verdict: 'go' };
      },
    });
    let ran = false;
    await runner.run(() => {
      ran = true;
    });
    expect(ran).toBe(false);
    expect(runner.events).toMatchObject([{ data: { status: 'skipped', message: 'cancelled' } }]);
  });

  test('that only the heartbeat’s answer tells stops the step too', async () => {
    await using runner = new Runner({
      heartbeat: ({ steps }) => ({ stop: steps.map((held) => ({ ...held, reason: 'cancelled' })) }),
    });
    runner.session.start();
    await runner.run(({ signal }) => untilAborted(signal));
    expect(runner.events).toMatchObject([{ data: { status: 'skipped', message: 'cancelled' } }]);
  });
});

describe('a lost lease', () => {
  test('stops the tool, and nothing more is published', async () => {
    await using runner = new Runner({
      heartbeat: ({ steps }) => ({ stop: steps.map((held) => ({ ...held, reason: 'lease_lost' })) }),
    });
    runner.session.start();
    await runner.run(async (context) => {
      await untilAborted(context.signal).catch(() => {});
      return 'late';
    });
    expect(runner.events).toEqual([]);
  });

  test('ends the repeating of an outcome that is not confirmed', async () => {
    let published = 0;
    await using runner = new Runner({
      heartbeat: ({ steps }) => ({
        stop: published < 2 ? [] : steps.map((held) => ({ ...held, reason: 'lease_lost' })),
      }),
    });
    runner.confirm = () => {
      published += 1;
      throw new StepwireError('unavailable', 'no confirm');
    };
    runner.session.start();
    await runner.run(() => 'ok');
    expect(runner.events).toEqual([]);
  });
});
