import { describe, expect, test } from '@jest/globals';
import { REQUEST, Run, refusedAs, step, typesOf } from './run.ts';

describe('a claim', () => {
  test('starts the step, with its phase before it when it is the first of it', () => {
    const run = new Run().planned(step('a', 1, { phaseId: 'look' }), step('b', 2, { phaseId: 'look' }));
    expect(typesOf(run.claim('a', 1, 'x1'))).toEqual(['agent.phase.started', 'executor.step.progress']);
    expect(run.log.at(-2)).toMatchObject({ data: { phaseId: 'look', phaseName: 'Looking', phaseIndex: 0 } });
    expect(run.log.at(-1)).toMatchObject({
      agent: 'executor-agent',
      data: { stepId: 'a', stepOrder: 1, tool: 'a_tool', status: 'running', attempt: 1, instance: 'x1' },
    });
    expect(typesOf(run.claim('b', 1, 'x2'))).toEqual(['executor.step.progress']);
    expect(run.state.currentStage).toBe('a, b');
    expect(typesOf(run.report('a', 'completed'))).toEqual(['executor.step.progress']);
  });

  test('repeated by the same instance says go again and starts the lease anew; another instance is refused', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a', 1, 'x1');
    run.now += 9_000;
    expect(run.claim('a', 1, 'x1')).toMatchObject({ kind: 'decision', events: [] });
    expect(run.timers.get('lease a')?.dueAt).toBe(run.now + run.policy.leaseMs);
    expect(run.claim('a', 1, 'x2')).toEqual(refusedAs('claimed_by_other'));
  });

  test('of an unknown step, another attempt, a step that waits for others or has ended is refused', () => {
    const run = new Run().planned(step('a', 1), step('b', 2, { dependsOn: ['a'] }));
    expect(run.claim('ghost')).toEqual(refusedAs('unknown_step'));
    expect(run.claim('a', 2)).toEqual(refusedAs('stale_attempt'));
    expect(run.claim('b', 1)).toEqual(refusedAs('not_running'));
    run.claim('a');
    run.report('a', 'completed');
    expect(run.claim('a', 1)).toEqual(refusedAs('not_running'));
  });
});

describe('a step', () => {
  test('that completes hands its result to those that waited for it', () => {
    const run = new Run().planned(step('a', 1), step('b', 2, { dependsOn: ['a'], input: { deep: true } }));
    run.claim('a');
    run.report('a', 'completed', { result: { found: 2 } });
    expect(run.dispatched.at(-1)).toEqual({
      requestId: REQUEST,
      step: step('b', 2, { dependsOn: ['a'], input: { deep: true } }),
      inputs: { a: { status: 'completed', result: { found: 2 } } },
      answers: {},
      attempt: 1,
      lastAttempt: false,
    });
  });

  test('is dispatched when the last of those it waits for has ended, and only once', () => {
    const run = new Run().planned(step('a', 1), step('b', 2), step('c', 3, { dependsOn: ['a', 'b'] }));
    run.claim('a');
    run.claim('b', 1, 'x2');
    run.report('a', 'completed');
    expect(run.dispatched).toHaveLength(2);
    run.report('b', 'completed');
    expect(run.dispatched.map((command) => command.step.id)).toEqual(['a', 'b', 'c']);
  });

  test('large results travel by reference', () => {
    const run = new Run().planned(step('a', 1), step('b', 2, { dependsOn: ['a'] }));
    const resultRef = { blobId: 'b1', bytes: 20_000, mediaType: 'application/json' };
    run.claim('a');
    run.report('a', 'completed', { resultRef });
    expect(run.dispatched.at(-1)?.inputs).toEqual({ a: { status: 'completed', result: null, resultRef } });
    run.claim('b');
    run.report('b', 'completed', { resultRef });
    expect(run.log.at(-1)).toMatchObject({ type: 'request.completed', data: { resultRef } });
    expect(run.state).toMatchObject({ result: null, resultRef });
  });

  test('that fails is repeated with a delay that doubles, up to its limit, and then fails the request', () => {
    const run = new Run({ retryMaxMs: 1_500 }).planned(step('a', 1, { maxAttempts: 4 }));
    const delays: (number | undefined)[] = [];
    for (const attempt of [1, 2, 3]) {
      run.claim('a', attempt);
      run.report('a', 'failed', { attempt, error: 'timeout' });
      expect(run.log.at(-1)).toMatchObject({
        data: { status: 'failed', willRetry: true, error: { message: 'timeout' } },
      });
      expect(run.step('a')).toMatchObject({ status: 'retrying', attempt: attempt + 1, failures: attempt });
      delays.push(run.timers.get('retry a')?.inMs);
      run.fire('retry', 'a');
      expect(run.dispatched.at(-1)).toMatchObject({ attempt: attempt + 1, lastAttempt: attempt === 3 });
    }
    expect(delays).toEqual([1_000, 1_500, 1_500]);
    run.claim('a', 4);
    run.report('a', 'failed', { attempt: 4, error: { code: 'timeout', message: 'too slow' } });
    expect(run.types.slice(-3)).toEqual(['executor.step.progress', 'agent.failed', 'request.failed']);
    expect(run.log.at(-1)?.data).toEqual({ message: 'too slow', code: 'timeout', step: 1 });
    expect(run.state).toMatchObject({ status: 'failed', error: { message: 'too slow', code: 'timeout', step: 1 } });
  });

  test('whose executor knows that a repeat is of no use fails at once, and does not complete its phase', () => {
    const run = new Run().planned(step('a', 1, { phaseId: 'look' }));
    run.claim('a');
    run.report('a', 'failed', { error: 'no such file', retryable: false });
    expect(run.state.status).toBe('failed');
    expect(run.types).not.toContain('agent.phase.completed');
  });

  test('that fails for good stops its siblings and closes their questions', () => {
    const run = new Run({ maxAttempts: 1 }).planned(step('a', 1), step('b', 2), step('c', 3));
    run.claim('a');
    run.claim('b', 1, 'x2');
    run.claim('c', 1, 'x3');
    run.event('executor.question.asked', {
      questionId: 'q',
      stepId: 'c',
      prompt: '?',
      kind: 'text',
      attempt: 1,
      expiresInMs: 9,
    });
    run.report('a', 'failed', { error: 'broken' });
    expect(run.outbox.at(-1)).toMatchObject({ type: 'request.cancel', body: { by: 'coordinator', reason: 'broken' } });
    expect(run.state).toMatchObject({ status: 'failed', questions: [] });
    expect(run.state.steps.map(({ status }) => status)).toEqual(['failed', 'skipped', 'skipped']);
    expect(run.timers.size).toBe(0);
    expect(run.report('b', 'completed')).toEqual(refusedAs('after_terminal'));
  });

  test.each(['failed', 'skipped'] as const)(
    'that is optional and %s gives its dependents null and the reason',
    (status) => {
      const run = new Run({ maxAttempts: 1 }).planned(
        step('a', 1, { optional: true }),
        step('b', 2, { dependsOn: ['a'] }),
      );
      run.claim('a');
      run.report('a', status, status === 'failed' ? { error: 'no key' } : { message: 'no key' });
      expect(run.dispatched.at(-1)?.inputs).toEqual({ a: { status, result: null, reason: 'no key' } });
      run.claim('b');
      run.report('b', 'completed', { result: 1 });
      expect(run.state).toMatchObject({ status: 'completed', result: 1 });
    },
  );

  test('may be skipped by its executor although it is not optional', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    run.report('a', 'skipped', { message: 'no EXA_API_KEY' });
    expect(run.state).toMatchObject({
      status: 'completed',
      result: null,
      steps: [{ status: 'skipped', message: 'no EXA_API_KEY' }],
    });
  });

  test('is only reported on by the instance that claimed the attempt that runs now', () => {
    const run = new Run().planned(step('a', 1), step('b', 2));
    expect(run.report('a', 'completed')).toEqual(refusedAs('not_running'));
    run.claim('a', 1, 'x1');
    expect(run.event('executor.step.progress', { stepId: 'a', status: 'completed' })).toEqual(
      refusedAs('stale_attempt'),
    );
    expect(run.report('a', 'completed', { attempt: 2 })).toEqual(refusedAs('stale_attempt'));
    expect(run.report('a', 'completed', { instance: 'x2' })).toEqual(refusedAs('claimed_by_other'));
    expect(run.report('ghost', 'completed')).toEqual(refusedAs('unknown_step'));
    run.report('a', 'completed');
    expect(run.report('a', 'failed')).toEqual(refusedAs('not_running'));
  });

  test('keeps the tail of its output, which a new attempt starts afresh; a stale attempt adds nothing', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    run.event('executor.step.output', { stepId: 'a', delta: '😀'.repeat(10_000), attempt: 1 });
    run.event('executor.step.output', { stepId: 'a', delta: 'x', attempt: 1 });
    expect(run.step('a').output).toBe(`${'😀'.repeat(8_191)}x`);
    run.report('a', 'failed');
    expect(run.step('a').output).toBe('');
    run.claim('a', 2);
    expect(run.event('executor.step.output', { stepId: 'a', delta: 'late', attempt: 1 })).toEqual(
      refusedAs('stale_attempt'),
    );
    expect(run.event('executor.step.output', { stepId: 'a', delta: 'late' })).toEqual(refusedAs('stale_attempt'));
    expect(run.event('executor.tool.started', { stepId: 'a', toolCallId: 't', toolName: 't', attempt: 1 })).toEqual(
      refusedAs('stale_attempt'),
    );
    run.event('executor.step.output', { stepId: 'a', delta: 'new', attempt: 2 });
    expect(run.step('a').output).toBe('new');
  });

  test('that goes on costs no command and no timer: its lease is kept by heartbeats alone', () => {
    const run = new Run().planned(step('a', 1), step('b', 2));
    run.claim('a');
    expect(run.report('a', 'running', { percent: 10 })).toMatchObject({ commands: [], setTimers: [], clearTimers: [] });
  });

  test('named by its place, or by `step`, is placed for watchers by id, order and tool', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    run.event('executor.step.progress', { step: 1, status: 'running', attempt: 1, percent: 40, willRetry: true });
    expect(run.log.at(-1)?.data).toEqual({
      step: 1,
      stepId: 'a',
      stepOrder: 1,
      tool: 'a_tool',
      status: 'running',
      attempt: 1,
      percent: 40,
    });
    expect(run.step('a').percent).toBe(40);
  });

  test('an event that needs no mending is logged as the very object that came', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a');
    const data = { stepId: 'a', stepOrder: 1, tool: 't', status: 'running', attempt: 1, percent: 1 };
    const event = {
      id: 'e',
      type: 'executor.step.progress',
      requestId: REQUEST,
      agent: 'x',
      timestamp: '2026-01-01T00:00:00.000Z',
      data,
    };
    expect(run.must({ kind: 'event', event }).events[0]).toBe(event);
  });
});
