import { describe, expect, test } from '@jest/globals';
import { planOf, Run, refusedAs, step, typesOf } from './run.ts';

describe('the end', () => {
  test('is agent.completed and then request.completed with the result of the only last step', () => {
    const run = new Run().planned(
      step('a', 1, { phaseId: 'look' }),
      step('b', 2, { dependsOn: ['a'], phaseId: 'weigh' }),
    );
    run.claim('a');
    run.report('a', 'completed', { usage: { inputTokens: 3, outputTokens: 4 } });
    run.claim('b');
    run.now += 2_000;
    run.report('b', 'completed', { result: { verdict: 'scam' }, usage: { inputTokens: 10, outputTokens: 20 } });
    expect(run.types.slice(-4)).toEqual([
      'executor.step.progress',
      'agent.phase.completed',
      'agent.completed',
      'request.completed',
    ]);
    const data = { result: { verdict: 'scam' }, durationMs: 2_000, usage: { inputTokens: 13, outputTokens: 24 } };
    expect(run.log.at(-2)).toMatchObject({ agent: 'executor-agent', data });
    expect(run.log.at(-1)?.data).toEqual(data);
    expect(run.state).toMatchObject({
      status: 'completed',
      progress: 100,
      currentStage: 'completed',
      result: { verdict: 'scam' },
    });
    expect(run.types.filter((type) => type.startsWith('agent.phase'))).toEqual([
      'agent.phase.started',
      'agent.phase.completed',
      'agent.phase.started',
      'agent.phase.completed',
    ]);
  });

  test('gives the results of several last steps by their ids', () => {
    const run = new Run().planned(step('a', 1), step('b', 2), step('c', 3, { dependsOn: ['a'] }));
    run.claim('a');
    run.report('a', 'completed', { result: 'a' });
    run.claim('b');
    run.report('b', 'completed', { result: 'b' });
    run.claim('c');
    run.report('c', 'completed', { result: 'c' });
    expect(run.state.result).toEqual({ b: 'b', c: 'c' });
  });

  test('progress goes 0, 5 with the plan, then by finished steps and their percents, and 100 at the end alone', () => {
    const run = new Run();
    run.start();
    run.claim('plan', 1, 'p1');
    const seen = [run.state.progress];
    run.event('planner.plan.created', { attempt: 1, plan: planOf(step('a', 1), step('b', 2)) });
    seen.push(run.state.progress);
    run.claim('a');
    run.claim('b', 1, 'x2');
    run.report('a', 'running', { percent: 50 });
    seen.push(run.state.progress);
    run.report('a', 'failed');
    seen.push(run.state.progress);
    run.claim('a', 2);
    run.report('a', 'completed', { attempt: 2 });
    seen.push(run.state.progress);
    run.report('b', 'running', { percent: 100 });
    seen.push(run.state.progress);
    run.report('b', 'completed');
    seen.push(run.state.progress);
    expect(seen).toEqual([0, 5, 28, 28, 52, 99, 100]);
  });

  test('nothing is accepted after it', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    run.report('a', 'completed');
    expect(run.cancel()).toMatchObject({ kind: 'rejected', error: { code: 'already_finished' } });
    expect(run.answer('q', 'x')).toMatchObject({ kind: 'rejected', error: { code: 'already_finished' } });
    expect(run.claim('a')).toEqual(refusedAs('after_terminal'));
    expect(run.raw('my.own', {})).toEqual(refusedAs('after_terminal'));
    expect(run.give({ kind: 'silence' })).toEqual(refusedAs('after_terminal'));
    for (const kind of ['lease', 'retry', 'question', 'cancel'] as const) {
      expect(run.give({ kind: 'timer', timer: { kind, key: 'a', attempt: 1 } })).toEqual(refusedAs('after_terminal'));
    }
  });
});

describe('what agents may say about a managed request', () => {
  test.each(['request.completed', 'request.failed', 'request.anything', 'question.answered', 'question.expired'])(
    '%s is the coordinator’s word',
    (type) => {
      const run = new Run().planned(step('a', 1));
      expect(run.raw(type, { message: 'x', questionId: 'q', answer: 1, answeredBy: 'me' })).toEqual(
        refusedAs('reserved_type'),
      );
    },
  );

  test('a type nobody knows is kept as it is and changes nothing but seq and time', () => {
    const run = new Run().planned(step('a', 1));
    const before = run.state;
    run.now += 5;
    run.raw('my.own', { colour: 'red' });
    expect(run.log.at(-1)).toMatchObject({ type: 'my.own', data: { colour: 'red' } });
    expect(run.state).toEqual({ ...before, seq: before.seq + 1, updatedAt: new Date(run.now).toISOString() });
  });

  test('agent.progress passes, but nobody can claim the planning with it', () => {
    const run = new Run();
    run.start();
    expect(run.event('agent.progress', { instance: 'evil', stage: 'planning' })).toEqual(refusedAs('reserved_type'));
    expect(run.event('agent.progress', { instance: 'evil', attempt: 1 })).toEqual(refusedAs('not_running'));
    run.claim('plan', 1, 'p1');
    expect(run.event('agent.progress', { instance: 'evil', attempt: 1 })).toEqual(refusedAs('claimed_by_other'));
    expect(typesOf(run.event('agent.progress', { attempt: 1, message: 'thinking' }))).toEqual(['agent.progress']);
    expect(typesOf(run.event('agent.progress', { percent: 90 }))).toEqual(['agent.progress']);
    expect(run.state.progress).toBe(0);
  });

  test('an artifact is listed once, as it was told last', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    const artifact = { artifactId: 'r', name: 'r.txt', mediaType: 'text/plain', bytes: 1, stepId: 'a', attempt: 1 };
    run.event('executor.artifact.created', artifact);
    run.event('executor.artifact.created', { ...artifact, bytes: 2 });
    expect(run.state.artifacts).toEqual([{ ...artifact, bytes: 2 }]);
  });
});
