import { describe, expect, test } from '@jest/globals';
import { planOf, REQUEST, Run, refusedAs, step, typesOf } from './run.ts';

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
    expect(typesOf(run.event('planner.plan.created', { plan, attempt: 2 }))).toEqual(['planner.plan.created']);
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
