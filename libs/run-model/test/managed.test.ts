import { describe, expect, test } from '@jest/globals';
import { planOf, REQUEST, Run, step } from './run.ts';

const types = (outcome: ReturnType<Run['give']>): string[] =>
  outcome.kind === 'decision' ? outcome.events.map(({ type }) => type) : [outcome.kind];
const refusedAs = (reason: string) => ({ kind: 'refused', reason });

describe('start', () => {
  test('becomes the first event, with the command’s id and the owner, and hands out the planning', () => {
    const run = new Run();
    run.start('ann');
    expect(run.log).toMatchObject([
      {
        id: 'c1',
        type: 'request.accepted',
        agent: 'gateway',
        seq: 1,
        data: { userQuery: 'is this real?', userId: 'ann' },
      },
    ]);
    expect(run.state).toMatchObject({
      managed: true,
      userId: 'ann',
      status: 'queued',
      progress: 0,
      currentStage: 'queued',
    });
    expect(run.outbox).toEqual([
      {
        type: 'plan.create',
        body: { requestId: REQUEST, userQuery: 'is this real?', context: { lang: 'en' }, attempt: 1 },
      },
    ]);
  });

  test('of a request that is there is refused: request_id_taken to a stranger, conflict to its owner', () => {
    const run = new Run();
    run.start('ann');
    expect(run.start('bob')).toMatchObject({ kind: 'rejected', error: { code: 'request_id_taken' } });
    expect(run.start('ann')).toMatchObject({ kind: 'rejected', error: { code: 'conflict' } });
    expect(run.log).toHaveLength(1);
  });

  test('of an observed request is a conflict', () => {
    const run = new Run();
    run.event('agent.progress', { percent: 5 });
    expect(run.start()).toMatchObject({ kind: 'rejected', error: { code: 'conflict' } });
  });
});

describe('planning', () => {
  test('is claimed like a step: planning begins, with a lease of who claimed it', () => {
    const run = new Run();
    run.start();
    run.claim('plan', 1, 'p1');
    expect(run.log.at(-1)).toMatchObject({
      type: 'agent.progress',
      agent: 'planner-agent',
      data: { stage: 'planning' },
    });
    expect(run.state).toMatchObject({ status: 'planning', currentStage: 'planning', planning: { instance: 'p1' } });
    expect(run.timers.get('lease plan')).toMatchObject({ owner: 'p1', attempt: 1, inMs: run.policy.leaseMs });
  });

  test('the plan hands out every step that waits for nothing, at once', () => {
    const run = new Run().planned(step('a', 1), step('b', 2), step('c', 3, { dependsOn: ['a', 'b'] }));
    expect(run.dispatched.map((command) => command.step.id)).toEqual(['a', 'b']);
    expect(run.state).toMatchObject({ status: 'running', progress: 5, currentStage: 'a, b' });
    expect(run.state.steps.map(({ status }) => status)).toEqual(['ready', 'ready', 'pending']);
  });

  test.each([
    ['two steps with one id', [step('a', 1), step('a', 2)], /two steps are called a/],
    ['two steps with one order', [step('a', 1), step('b', 1)], /order 1/],
    ['an unknown dependency', [step('a', 1, { dependsOn: ['ghost'] })], /depends on ghost/],
    ['a step that depends on itself', [step('a', 1, { dependsOn: ['a'] })], /depends on itself/],
    [
      'a circle behind a step that runs',
      [step('a', 1), step('b', 2, { dependsOn: ['a', 'c'] }), step('c', 3, { dependsOn: ['b'] })],
      /depends on itself/,
    ],
    ['a step that is called plan', [step('plan', 1)], /called plan/],
  ])('a plan with %s fails the request and is not shown', (_, steps, message) => {
    const run = new Run().planned(...steps);
    expect(run.types.slice(-2)).toEqual(['agent.failed', 'request.failed']);
    expect(run.state).toMatchObject({ status: 'failed', plan: null, error: { code: 'bad_plan', step: 'plan' } });
    expect(run.state.error?.message).toMatch(message);
    expect(run.dispatched).toEqual([]);
  });

  test('only the planner that runs the current attempt may bring a plan, and the first one wins', () => {
    const run = new Run();
    run.start();
    const plan = planOf(step('a', 1));
    expect(run.event('planner.plan.created', { plan, attempt: 1 })).toEqual(refusedAs('not_running'));
    run.claim('plan', 1, 'p1');
    expect(run.event('planner.plan.created', { plan })).toEqual(refusedAs('stale_attempt'));
    run.fire('lease', 'plan');
    run.claim('plan', 2, 'p2');
    expect(run.event('planner.plan.created', { plan, attempt: 1 })).toEqual(refusedAs('stale_attempt'));
    expect(types(run.event('planner.plan.created', { plan, attempt: 2 }))).toEqual(['planner.plan.created']);
    expect(run.event('planner.plan.created', { plan, attempt: 2 })).toEqual(refusedAs('plan_exists'));
  });

  test('is completed by a plan, not by the word that it is', () => {
    const run = new Run();
    run.start();
    run.claim('plan', 1, 'p1');
    expect(run.report('plan', 'completed')).toEqual(refusedAs('unknown_step'));
    expect(run.state.status).toBe('planning');
  });

  test('that fails is repeated with back-off, shown as a step’s failure, and fails the request at its limit', () => {
    const run = new Run({ maxAttempts: 2 });
    run.start();
    run.claim('plan', 1, 'p1');
    run.event('agent.failed', { message: 'no model', step: 'plan', attempt: 1 });
    expect(run.log.at(-1)).toMatchObject({
      type: 'executor.step.progress',
      data: { stepId: 'plan', step: 'plan', status: 'failed', willRetry: true, error: { message: 'no model' } },
    });
    expect(run.claim('plan', 1, 'p1')).toEqual(refusedAs('stale_attempt'));
    run.fire('retry', 'plan');
    expect(run.outbox.at(-1)).toMatchObject({ type: 'plan.create', body: { attempt: 2 } });
    run.claim('plan', 2, 'p1');
    run.event('agent.failed', { message: 'still no model', step: 'plan', attempt: 2 });
    expect(run.types.slice(-3)).toEqual(['executor.step.progress', 'agent.failed', 'request.failed']);
    expect(run.state).toMatchObject({ status: 'failed', error: { message: 'still no model', step: 'plan' } });
  });
});

describe('a claim', () => {
  test('starts the step, with its phase before it when it is the first of it', () => {
    const run = new Run().planned(step('a', 1, { phaseId: 'look' }), step('b', 2, { phaseId: 'look' }));
    expect(types(run.claim('a', 1, 'x1'))).toEqual(['agent.phase.started', 'executor.step.progress']);
    expect(run.log.at(-2)).toMatchObject({ data: { phaseId: 'look', phaseName: 'Looking', phaseIndex: 0 } });
    expect(run.log.at(-1)).toMatchObject({
      agent: 'executor-agent',
      data: { stepId: 'a', stepOrder: 1, tool: 'a_tool', status: 'running', attempt: 1, instance: 'x1' },
    });
    expect(types(run.claim('b', 1, 'x2'))).toEqual(['executor.step.progress']);
    expect(run.state.currentStage).toBe('a, b');
    expect(types(run.report('a', 'completed'))).toEqual(['executor.step.progress']);
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
    expect(types(run.event('agent.progress', { attempt: 1, message: 'thinking' }))).toEqual(['agent.progress']);
    expect(types(run.event('agent.progress', { percent: 90 }))).toEqual(['agent.progress']);
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
