import { describe, expect, test } from '@jest/globals';
import { planOf, Run, refusedAs, step } from './run.ts';

describe('cancel', () => {
  test('of what nobody runs yet is immediate: before the planner, before an executor, during a retry delay, in a question', () => {
    const queued = new Run();
    queued.start();
    const dispatched = new Run().planned(step('a', 1));
    const retrying = new Run().planned(step('a', 1));
    retrying.claim('a');
    retrying.report('a', 'failed');
    const waiting = new Run().planned(step('a', 1));
    waiting.claim('a');
    waiting.event('executor.question.asked', {
      questionId: 'q',
      stepId: 'a',
      prompt: '?',
      kind: 'text',
      attempt: 1,
      expiresInMs: 60_000,
    });
    for (const run of [queued, dispatched, retrying, waiting]) {
      run.cancel('ann', 'changed my mind');
      expect(run.types.slice(-2)).toEqual(['request.cancelling', 'request.cancelled']);
      expect(run.log.at(-1)?.data).toEqual({ by: 'ann', reason: 'changed my mind' });
      expect(run.outbox.at(-1)).toMatchObject({
        type: 'request.cancel',
        body: { by: 'ann', reason: 'changed my mind' },
      });
      expect(run.timers.size).toBe(0);
      expect(run.state).toMatchObject({ status: 'cancelled', cancel: { by: 'ann', forced: false }, questions: [] });
      expect(run.claim('a', 1)).toEqual(refusedAs('after_terminal'));
    }
  });

  test('of a run waits until every running step has stopped, however it says so', () => {
    const run = new Run().planned(step('a', 1), step('b', 2), step('c', 3), step('d', 4, { dependsOn: ['a'] }));
    run.claim('a', 1, 'x1');
    run.claim('b', 1, 'x2');
    run.claim('c', 1, 'x3');
    run.cancel();
    expect(run.state).toMatchObject({ status: 'cancelling', currentStage: 'cancelling' });
    expect(run.timers.get('cancel ')).toMatchObject({ inMs: run.policy.cancelGraceMs });
    expect(run.report('a', 'running', { percent: 99 })).toEqual(refusedAs('cancelling'));
    run.report('a', 'completed', { result: 1 });
    run.report('b', 'failed');
    expect(run.log.at(-1)).toMatchObject({ data: { willRetry: false } });
    expect(run.state.status).toBe('cancelling');
    run.report('c', 'skipped', { message: 'cancelled' });
    expect(run.state).toMatchObject({ status: 'cancelled', cancel: { forced: false } });
    expect(run.state.steps.map(({ status }) => status)).toEqual(['completed', 'failed', 'skipped', 'skipped']);
    expect(run.dispatched.map((command) => command.step.id)).toEqual(['a', 'b', 'c']);
  });

  test('lets nothing new begin: no claim, no question, no answer, no output', () => {
    const run = new Run().planned(step('a', 1), step('b', 2), step('c', 3));
    run.claim('a');
    run.claim('c', 1, 'x3');
    run.event('executor.question.asked', { questionId: 'q', stepId: 'c', prompt: '?', kind: 'text', attempt: 1 });
    run.cancel();
    expect(run.state.questions).toEqual([]);
    expect(run.claim('b')).toEqual(refusedAs('cancelling'));
    expect(run.answer('q', 'x')).toMatchObject({ kind: 'rejected', error: { code: 'conflict' } });
    expect(run.event('executor.step.output', { stepId: 'a', delta: 'x', attempt: 1 })).toEqual(refusedAs('cancelling'));
    expect(run.raw('my.own', {})).toEqual(refusedAs('cancelling'));
    expect(run.give({ kind: 'timer', timer: { kind: 'retry', key: 'b', attempt: 1 } })).toEqual(
      refusedAs('cancelling'),
    );
    expect(run.give({ kind: 'silence' })).toEqual(refusedAs('cancelling'));
  });

  test('is forced when the grace is over', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    run.cancel('ann', 'enough');
    run.fire('cancel');
    expect(run.log.at(-1)?.data).toEqual({ by: 'ann', reason: 'enough', forced: true });
    expect(run.state).toMatchObject({ status: 'cancelled', cancel: { by: 'ann', reason: 'enough', forced: true } });
    expect(run.report('a', 'completed')).toEqual(refusedAs('after_terminal'));
  });

  test('twice is the same as once', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    run.cancel('ann');
    expect(run.cancel('bob')).toMatchObject({ kind: 'decision', events: [], commands: [], setTimers: [] });
    expect(run.state.cancel).toEqual({ by: 'ann', reason: null, forced: false });
  });

  test('takes an executor that is not heard of any more as stopped', () => {
    const run = new Run({ cancelGraceMs: 60_000 }).planned(step('a', 1));
    run.claim('a');
    run.cancel();
    run.fire('lease', 'a');
    expect(run.state).toMatchObject({ status: 'cancelled', steps: [{ status: 'failed', attempt: 1 }] });
    expect(run.dispatched).toHaveLength(1);
  });

  test('while the plan is made: a plan, or a planner’s failure, says that the planner has stopped', () => {
    for (const stop of [
      (run: Run) => run.event('planner.plan.created', { attempt: 1, plan: planOf(step('a', 1)) }),
      (run: Run) => run.event('agent.failed', { message: 'aborted', step: 'plan', attempt: 1 }),
      (run: Run) => run.report('plan', 'skipped', { message: 'cancelled' }),
    ]) {
      const run = new Run();
      run.start();
      run.claim('plan', 1, 'p1');
      run.cancel();
      expect(run.state.status).toBe('cancelling');
      stop(run);
      expect(run.state).toMatchObject({ status: 'cancelled', plan: null });
      expect(run.dispatched).toEqual([]);
    }
  });

  test('takes a step that asks meanwhile as stopped: it has parked, and nobody is asked any more', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    run.cancel();
    run.event('executor.question.asked', { questionId: 'q', stepId: 'a', prompt: '?', kind: 'text', attempt: 1 });
    expect(run.types.slice(-2)).toEqual(['executor.step.progress', 'request.cancelled']);
    expect(run.state).toMatchObject({ status: 'cancelled', questions: [], steps: [{ status: 'skipped' }] });
    expect(run.types).not.toContain('executor.question.asked');
  });

  test('of an unknown request is not_found', () => {
    expect(new Run().cancel()).toMatchObject({ kind: 'rejected', error: { code: 'not_found' } });
  });

  test('says no more than that a phase began: a phase cut off is not completed', () => {
    const run = new Run().planned(step('a', 1, { phaseId: 'look' }), step('b', 2));
    run.claim('a');
    run.claim('b', 1, 'x2');
    run.cancel();
    run.report('a', 'skipped');
    expect(run.types).not.toContain('agent.phase.completed');
  });
});
