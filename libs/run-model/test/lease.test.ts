import { describe, expect, test } from '@jest/globals';
import { Run, refusedAs, step } from './run.ts';

describe('a lease that runs out', () => {
  test('gives the step to another executor at once, as the next attempt, without counting as a failure', () => {
    const run = new Run({ maxAttempts: 1 }).planned(step('a', 1));
    run.claim('a', 1, 'x1');
    run.fire('lease', 'a');
    expect(run.log.at(-1)).toMatchObject({
      agent: 'coordinator',
      data: { stepId: 'a', stepOrder: 1, status: 'failed', willRetry: true, attempt: 1, error: { code: 'lease_lost' } },
    });
    expect(run.dispatched.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(run.step('a')).toMatchObject({ status: 'ready', failures: 0, leaseLosses: 1, instance: null });
    expect(run.report('a', 'completed', { attempt: 1 })).toEqual(refusedAs('stale_attempt'));
    run.claim('a', 2, 'x2');
    run.report('a', 'completed', { attempt: 2, result: 7 });
    expect(run.state).toMatchObject({ status: 'completed', result: 7 });
  });

  test('of an attempt that has ended or gone on changes nothing', () => {
    const run = new Run().planned(step('a', 1), step('b', 2));
    run.claim('a');
    const lease = { kind: 'lease', key: 'a', attempt: 1 } as const;
    run.report('a', 'failed');
    expect(run.give({ kind: 'timer', timer: lease })).toEqual(refusedAs('stale_attempt'));
    run.claim('a', 2);
    run.report('a', 'completed', { attempt: 2 });
    expect(run.give({ kind: 'timer', timer: { ...lease, attempt: 2 } })).toEqual(refusedAs('not_running'));
  });

  test('again and again fails the step in the end', () => {
    const run = new Run({ maxLeaseLosses: 3 }).planned(step('a', 1));
    for (const attempt of [1, 2, 3]) {
      expect(run.state.status).toBe('running');
      run.claim('a', attempt);
      run.fire('lease', 'a');
    }
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'lease_lost' } });
  });

  test('again parts the step from those that lost theirs with it: each waits longer, and by itself', () => {
    const steps = Array.from({ length: 20 }, (_, n) => step(`s${n}`, n + 1));
    const run = new Run().planned(...steps);
    const lose = (attempt: number) => {
      for (const { id } of steps) run.claim(id, attempt, 'x1');
      for (const { id } of steps) run.fire('lease', id);
      return steps.map(({ id }) => run.timers.get(`retry ${id}`)?.inMs ?? 0);
    };
    expect(new Set(lose(1))).toEqual(new Set([0]));
    for (const [attempt, aboutMs] of [
      [2, 1_000],
      [3, 2_000],
      [4, 4_000],
    ] as const) {
      const waits = lose(attempt);
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(aboutMs / 2);
      expect(Math.max(...waits)).toBeLessThanOrEqual(aboutMs * 1.5);
      expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(aboutMs / 2);
      expect(run.step('s0')).toMatchObject({ status: 'retrying', failures: 0, leaseLosses: attempt });
      for (const { id } of steps) run.fire('retry', id);
      expect(run.dispatched.at(-1)).toMatchObject({ attempt: attempt + 1 });
    }
  });

  test('cannot be claimed by an agent as its failure’s code to fail without counting', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    run.report('a', 'failed', { error: { code: 'lease_lost', message: 'hehe' } });
    expect(run.step('a')).toMatchObject({
      status: 'retrying',
      failures: 1,
      leaseLosses: 0,
      error: { message: 'hehe' },
    });
  });
});
