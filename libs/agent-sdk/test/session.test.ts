import { expect, test } from '@jest/globals';
import { StepwireError } from '@stepwire/protocol';
import { gate, Runner, stepKey } from './runner.ts';

test('a heartbeat goes out at once and names the role, with no steps too', async () => {
  const beat = gate<unknown>();
  await using runner = new Runner({
    heartbeat: (params) => {
      beat.resolve(params);
      return { stop: [] };
    },
  });
  runner.session.start();
  expect(await beat.promise).toEqual({ instance: 'executor-1', role: 'executor', steps: [] });
});

test('a heartbeat names a step from its claim on until its outcome is confirmed', async () => {
  const seen: number[] = [];
  await using runner = new Runner({
    heartbeat: ({ steps }) => {
      seen.push(steps.length);
      if (steps.length === 1 && seen.filter((n) => n === 1).length === 2) finish.resolve();
      if (seen.at(-2) === 1 && steps.length === 0) idle.resolve();
      return { stop: [] };
    },
  });
  const finish = gate();
  const idle = gate();
  runner.session.start();
  await runner.run(() => finish.promise);
  await idle.promise;
  expect(seen.filter((n) => n > 1)).toEqual([]);
});

test('heartbeats go on after one that failed', async () => {
  let beats = 0;
  const again = gate();
  await using runner = new Runner({
    heartbeat: () => {
      beats += 1;
      if (beats < 3) throw new StepwireError('unavailable', 'down');
      again.resolve();
      return { stop: [] };
    },
  });
  runner.session.start();
  await again.promise;
});

test('closing waits for what runs and finishes within the grace', async () => {
  await using runner = new Runner();
  const running = gate();
  const finish = gate();
  const ran = runner.run(async () => {
    running.resolve();
    await finish.promise;
    return 'done';
  });
  await running.promise;
  const closed = runner.session.close(60_000);
  finish.resolve();
  await Promise.all([closed, ran]);
  expect(runner.types()).toEqual(['executor.step.progress completed']);
});

test('closing hands back what does not finish: the tool is aborted and nothing is said, so that its lease runs out', async () => {
  await using runner = new Runner();
  const running = gate();
  const ran = runner.run(({ signal }) => {
    running.resolve();
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  });
  await running.promise;
  await Promise.all([runner.session.close(5), ran]);
  expect(runner.events).toEqual([]);
});

test('after closing began nothing new is taken', async () => {
  await using runner = new Runner();
  await runner.session.close(0);
  await runner.run(() => 'ok');
  expect(runner.settled).toEqual(['requeue']);
  expect(runner.session.hold(stepKey)).toBeDefined();
});
