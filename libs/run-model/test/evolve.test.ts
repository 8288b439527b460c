import { describe, expect, test } from '@jest/globals';
import type { EventData, EventType, LogEvent } from '@stepwire/protocol';
import { evolve, type RunState } from '@stepwire/run-model';
import { planOf, REQUEST, Run, step } from './run.ts';

/** Straight into the log: what `decide` would have refused. */
function then<T extends EventType>(state: RunState, type: T, data: EventData[T]): RunState {
  const event: LogEvent<T> = {
    ...{ id: 'e', type, requestId: REQUEST, agent: 'x', timestamp: '2026-01-01T00:00:01.000Z', seq: state.seq + 1 },
    data: data as LogEvent<T>['data'],
  };
  return evolve(state, event as LogEvent);
}

describe('evolve on its own, on a log that should not be', () => {
  const running = new Run().planned(step('a', 1), step('b', 2));
  running.claim('a');
  const onlySeq = (state: RunState) => ({ ...running.state, seq: state.seq, updatedAt: state.updatedAt });

  test.each([
    ['a report', 'executor.step.progress', { stepId: 'a', status: 'completed', attempt: 2 }],
    ['a report without an attempt', 'executor.step.progress', { stepId: 'a', status: 'completed' }],
    ['output', 'executor.step.output', { stepId: 'a', delta: 'x', attempt: 2 }],
    ['a second plan', 'planner.plan.created', { plan: planOf(step('z', 1)), attempt: 1 }],
    ['a report of a step that is not there', 'executor.step.progress', { stepId: 'z', status: 'running', attempt: 1 }],
    ['an answer to nothing', 'question.answered', { questionId: 'q', answer: 'x', answeredBy: 'ann' }],
  ] as const)('%s of another attempt or of nothing moves seq and time only', (_, type, data) => {
    const after = then(running.state, type, data);
    expect(after).toEqual(onlySeq(after));
    expect(after.seq).toBe(running.state.seq + 1);
  });

  test('a step that has ended stays as it ended', () => {
    const ended = then(running.state, 'executor.step.progress', {
      stepId: 'a',
      status: 'completed',
      attempt: 1,
      result: 1,
    });
    const after = then(ended, 'executor.step.progress', { stepId: 'a', status: 'failed', attempt: 1 });
    expect(after.steps).toEqual(ended.steps);
  });

  test('what waits for a step that failed for good does not become ready on the way to the end', () => {
    const run = new Run({ maxAttempts: 1 }).planned(step('a', 1), step('b', 2, { dependsOn: ['a'] }));
    run.claim('a');
    const failed = then(run.state, 'executor.step.progress', { stepId: 'a', status: 'failed', attempt: 1 });
    expect(failed.steps.map(({ status }) => status)).toEqual(['failed', 'pending']);
  });

  test('a claim of a planning attempt that is not the current one changes nothing', () => {
    const run = new Run();
    run.start();
    expect(then(run.state, 'agent.progress', { attempt: 2, instance: 'p1' }).planning).toEqual(run.state.planning);
    expect(then(run.state, 'agent.progress', { attempt: 1, instance: 'p1' }).planning).toMatchObject({
      instance: 'p1',
    });
  });

  test('nothing changes after the end', () => {
    const ended = then(running.state, 'request.cancelled', { by: 'ann' });
    const after = then(ended, 'request.completed', { result: 1 });
    expect(after).toEqual({ ...ended, seq: after.seq, updatedAt: after.updatedAt });
  });
});

describe('progress of an observed request', () => {
  test('stays under 100 by steps alone until the request is completed', () => {
    const run = new Run();
    run.event('planner.plan.created', { plan: planOf(step('a', 1)) });
    run.event('executor.step.progress', { stepId: 'a', status: 'completed' });
    expect(run.state.progress).toBe(99);
    run.event('request.completed', {});
    expect(run.state.progress).toBe(100);
  });
});

describe('what is not touched is not copied', () => {
  test('a step’s progress keeps the other steps, an agent’s progress all of them', () => {
    const run = new Run().planned(step('a', 1), step('b', 2));
    run.claim('a');
    const before = run.state;
    run.report('a', 'running', { percent: 10 });
    expect(run.state.steps[1]).toBe(before.steps[1]);
    expect(run.state.plan).toBe(before.plan);
    const observed = new Run();
    observed.event('executor.step.progress', { stepId: 'a', status: 'running' });
    const { steps } = observed.state;
    observed.event('agent.progress', { percent: 3 });
    expect(observed.state.steps).toBe(steps);
  });
});
