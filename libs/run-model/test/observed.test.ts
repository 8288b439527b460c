import { describe, expect, test } from '@jest/globals';
import { planOf, REQUEST, Run, refusedAs, step } from './run.ts';

describe('an observed request', () => {
  test('comes to be with its first event, whatever its type', () => {
    const run = new Run();
    run.raw('my.own', { colour: 'red' });
    expect(run.state).toMatchObject({ managed: false, userId: null, status: 'running', seq: 1 });
    expect(run.outbox).toEqual([]);
  });

  test.each([
    ['its data', { userId: 'ann' }, undefined, 'ann'],
    ['the AMQP header', {}, 'bob', 'bob'],
    ['its data before the AMQP header', { userId: 'ann' }, 'bob', 'ann'],
    ['nobody', { userId: '' }, '', null],
  ])('belongs to the user that its first event names: %s', (_, data, userId, owner) => {
    const run = new Run();
    run.raw('my.own', data, userId === undefined ? {} : { userId });
    run.raw('my.own', { userId: 'eve' }, { userId: 'eve' });
    expect(run.state.userId).toBe(owner);
  });

  test('may begin with request.accepted, which does not make it managed', () => {
    const run = new Run();
    run.event('request.accepted', { userQuery: 'what?', context: { a: 1 }, userId: 'ann' });
    run.event('request.accepted', { userQuery: 'something else', userId: 'eve' });
    expect(run.state).toMatchObject({
      managed: false,
      userQuery: 'what?',
      context: { a: 1 },
      userId: 'ann',
      planning: null,
    });
    expect(run.outbox).toEqual([]);
  });

  test('cannot be made to look like one that the gateway started', () => {
    expect(new Run().raw('request.accepted', { userQuery: 'x' }, { agent: 'gateway' })).toEqual(
      refusedAs('reserved_type'),
    );
  });

  test('shows stage and percent of an agent that has no steps, in whole percents that never fall', () => {
    const run = new Run();
    run.event('agent.progress', { percent: 25.9, stage: 'retrieving_context' });
    expect(run.state).toMatchObject({ progress: 25, currentStage: 'retrieving_context', status: 'running' });
    run.event('agent.progress', { percent: 10, stage: 'again' });
    expect(run.state).toMatchObject({ progress: 25, currentStage: 'again' });
  });

  test('gets its steps from what is said of them, by id or by place, and needs no attempts', () => {
    const run = new Run();
    run.event('executor.step.progress', { step: 2, status: 'running', tool: 'search', percent: 50 });
    run.event('executor.step.progress', { step: 'first', stepOrder: 1, status: 'completed', result: 5 });
    run.event('executor.step.progress', { stepOrder: 2, status: 'completed' });
    run.event('executor.step.progress', { stepId: 'last', status: 'failed', error: 'no' });
    expect(run.state.steps).toMatchObject([
      { id: 'first', order: 1, status: 'completed', result: 5 },
      { id: '2', order: 2, tool: 'search', status: 'completed', percent: 100 },
      { id: 'last', order: 3, status: 'failed', error: { message: 'no' } },
    ]);
    expect(run.state).toMatchObject({ status: 'running', progress: 75 });
    expect(run.outbox).toEqual([]);
  });

  test('with a plan counts its steps; what was heard of them before stays', () => {
    const run = new Run();
    run.event('executor.step.progress', { stepOrder: 1, status: 'completed', result: 5 });
    run.event('executor.step.progress', { stepId: 'b', status: 'running' });
    run.event('planner.plan.created', { plan: planOf(step('b', 2), step('a', 1), step('c', 3), step('d', 4)) });
    expect(run.state.steps.map(({ id, status, result }) => [id, status, result])).toEqual([
      ['a', 'completed', 5],
      ['b', 'running', null],
      ['c', 'pending', null],
      ['d', 'pending', null],
    ]);
    run.event('executor.step.progress', { stepId: 'b', status: 'completed' });
    expect(run.state.progress).toBe(50);
    expect(run.outbox).toEqual([]);
  });

  test('an older attempt changes nothing, a newer one starts afresh', () => {
    const run = new Run();
    run.event('executor.step.progress', { stepId: 'a', status: 'running', attempt: 2, percent: 80 });
    run.event('executor.step.progress', { stepId: 'a', status: 'completed', attempt: 1 });
    expect(run.step('a')).toMatchObject({ status: 'running', attempt: 2, percent: 80 });
    run.event('executor.step.progress', { stepId: 'a', status: 'running', attempt: 3 });
    expect(run.step('a')).toMatchObject({ status: 'running', attempt: 3, percent: 0 });
  });

  test.each([
    ['request.completed', { result: 1 }, 'completed', ['completed', 'skipped']],
    ['request.failed', { message: 'broken' }, 'failed', ['skipped', 'skipped']],
    ['request.cancelled', { by: 'its agent' }, 'cancelled', ['skipped', 'skipped']],
  ])('is ended by its own %s', (type, data, status, steps) => {
    const run = new Run();
    run.event('planner.plan.created', { plan: planOf(step('a', 1), step('b', 2)) });
    run.event('executor.step.progress', { stepId: 'a', status: 'running' });
    run.raw(type, data);
    expect(run.state.status).toBe(status);
    expect(run.state.steps.map((s) => s.status)).toEqual(steps);
    expect(run.raw(type, data)).toEqual(refusedAs('after_terminal'));
  });

  test('that fails without an agent.failed gets one, for clients that know only errors', () => {
    const silent = new Run();
    silent.event('request.failed', { message: 'broken', code: 'x', step: 2 });
    expect(silent.types).toEqual(['agent.failed', 'request.failed']);
    expect(silent.log[0]).toMatchObject({ agent: 'some-agent', data: { message: 'broken', code: 'x', step: 2 } });
    const outspoken = new Run();
    outspoken.event('agent.failed', { message: 'broken' });
    outspoken.event('request.failed', { message: 'broken' });
    expect(outspoken.types).toEqual(['agent.failed', 'request.failed']);
  });

  test('takes no claims', () => {
    const run = new Run();
    run.event('executor.step.progress', { stepId: 'a', status: 'running' });
    expect(run.claim('a')).toEqual(refusedAs('unknown_step'));
    expect(run.claim('plan')).toEqual(refusedAs('unknown_step'));
  });

  test('is asked by command to cancel; its agent says how it ends', () => {
    const run = new Run();
    run.event('agent.progress', { percent: 1 });
    run.cancel('ann', 'enough');
    expect(run.outbox).toEqual([{ type: 'request.cancel', body: { requestId: REQUEST, by: 'ann', reason: 'enough' } }]);
    expect(run.state.status).toBe('cancelling');
    expect(run.event('agent.progress', { percent: 2 })).toEqual(refusedAs('cancelling'));
    run.event('executor.step.progress', { stepId: 'a', status: 'skipped' });
    run.event('request.cancelled', {});
    expect(run.state).toMatchObject({ status: 'cancelled', cancel: { by: 'ann', reason: 'enough', forced: false } });
  });

  test('whose agent does not stop is cancelled by force when the grace is over', () => {
    const run = new Run();
    run.event('agent.progress', { percent: 1 });
    run.cancel('ann');
    run.fire('cancel');
    expect(run.state).toMatchObject({ status: 'cancelled', cancel: { by: 'ann', forced: true } });
  });

  test('hands an answer to its agent as request.feedback, and goes on', () => {
    const run = new Run();
    run.event('executor.step.progress', { stepId: 'a', status: 'running' });
    run.event('executor.question.asked', { questionId: 'q', stepId: 'a', prompt: '?', kind: 'confirm' });
    expect(run.state).toMatchObject({ status: 'waiting', currentStage: 'waiting' });
    run.answer('q', true, 'ann');
    expect(run.outbox).toEqual([
      { type: 'request.feedback', body: { requestId: REQUEST, questionId: 'q', answer: true } },
    ]);
    expect(run.state).toMatchObject({
      status: 'running',
      currentStage: 'a',
      questions: [],
      steps: [{ status: 'running', attempt: 1 }],
    });
  });

  test('a question of an agent without steps waits and goes on just so', () => {
    const run = new Run();
    run.event('executor.question.asked', { questionId: 'q', prompt: '?', kind: 'text' });
    expect(run.state.status).toBe('waiting');
    run.event('question.answered', { questionId: 'q', answer: 'x', answeredBy: 'its own page' });
    expect(run.state).toMatchObject({
      status: 'running',
      currentStage: 'running',
      answers: [{ answer: 'x', answeredBy: 'its own page' }],
    });
  });

  test('a question that expires gives its default to the agent; without one the agent decides', () => {
    const run = new Run();
    run.event('executor.question.asked', { questionId: 'q', prompt: '?', kind: 'text', default: 'x', expiresInMs: 5 });
    run.event('executor.question.asked', { questionId: 'r', prompt: '?', kind: 'text', expiresInMs: 9 });
    run.fire('question', 'q');
    run.fire('question', 'r');
    expect(run.outbox).toEqual([
      { type: 'request.feedback', body: { requestId: REQUEST, questionId: 'q', answer: 'x' } },
    ]);
    expect(run.state).toMatchObject({ status: 'running', questions: [] });
    expect(run.state.answers).toEqual([
      { questionId: 'q', stepId: null, answer: 'x', answeredBy: null, expired: true },
      { questionId: 'r', stepId: null, answeredBy: null, expired: true },
    ]);
  });

  test('its state does not grow without bound, however many steps, questions and artifacts its agent makes up', () => {
    const run = new Run();
    for (let i = 1; i <= 1_100; i++) {
      for (const event of [
        { type: 'executor.step.progress', data: { stepId: `s${i}`, status: 'completed' } },
        { type: 'executor.question.asked', data: { questionId: `q${i}`, prompt: '?', kind: 'text' } },
        { type: 'executor.artifact.created', data: { artifactId: `a${i}`, name: 'n', mediaType: 't', bytes: 1 } },
      ]) {
        run.unchecked(event.type, event.data);
      }
    }
    const { steps, questions, artifacts, seq } = run.state;
    expect([steps.length, questions.length, artifacts.length, seq]).toEqual([1_000, 1_000, 1_000, 3_300]);
  });
});

describe('silence', () => {
  test('makes a request stalled, once; the next thing heard of it says first that it goes on', () => {
    for (const run of [new Run().planned(step('a', 1)), new Run()]) {
      run.event('agent.progress', { percent: 1 });
      const heard = run.state.updatedAt;
      run.now += run.policy.stallAfterMs;
      run.give({ kind: 'silence' });
      expect(run.log.at(-1)).toMatchObject({
        type: 'request.stalled',
        agent: 'coordinator',
        data: { lastEventAt: heard },
      });
      expect(run.state.stalled).toBe(true);
      expect(run.give({ kind: 'silence' })).toEqual(refusedAs('duplicate'));
      run.event('agent.thinking', { thought: 'hm' });
      expect(run.types.slice(-3)).toEqual(['request.stalled', 'request.resumed', 'agent.thinking']);
      expect(run.state.stalled).toBe(false);
    }
  });

  test('hands out again what nobody claimed, as the same attempt: its message may be lost', () => {
    const run = new Run().planned(step('a', 1), step('b', 2), step('c', 3, { dependsOn: ['b'] }));
    run.claim('a');
    run.report('a', 'completed');
    const handedOut = run.outbox.filter(({ type, body }) => type === 'step.execute' && body.step.id === 'b');
    expect(handedOut).toHaveLength(1);
    const before = run.outbox.length;
    run.give({ kind: 'silence' });
    expect(run.outbox.slice(before)).toEqual(handedOut);
    run.give({ kind: 'silence' });
    expect(run.outbox).toHaveLength(before + 1);
  });

  test('ends with a claim or an answer too, and what is refused does not end it', () => {
    const run = new Run().planned(step('a', 1));
    run.give({ kind: 'silence' });
    expect(run.report('a', 'completed')).toEqual(refusedAs('not_running'));
    expect(run.state.stalled).toBe(true);
    run.claim('a');
    expect(run.types.slice(-2)).toEqual(['request.resumed', 'executor.step.progress']);
    const asked = new Run();
    asked.give({ kind: 'silence' });
    asked.event('agent.progress', {});
    asked.give({ kind: 'silence' });
    asked.event('executor.question.asked', { questionId: 'q', prompt: '?', kind: 'text' });
    expect(asked.types).toEqual(['agent.progress', 'request.stalled', 'request.resumed', 'executor.question.asked']);
  });

  test('of one that waits for a person, or of which nothing is known, says nothing', () => {
    const run = new Run();
    expect(run.give({ kind: 'silence' })).toEqual(refusedAs('not_running'));
    run.event('executor.question.asked', { questionId: 'q', prompt: '?', kind: 'text' });
    expect(run.give({ kind: 'silence' })).toEqual(refusedAs('not_running'));
  });

  test('of a day fails an observed request as abandoned, and never a managed one', () => {
    const observed = new Run();
    observed.event('agent.progress', { percent: 1 });
    const managed = new Run().planned(step('a', 1));
    for (const run of [observed, managed]) {
      run.give({ kind: 'silence' });
      run.now += run.policy.abandonAfterMs - 1;
      expect(run.give({ kind: 'silence' })).toEqual(refusedAs('duplicate'));
      run.now += 1;
      run.give({ kind: 'silence' });
    }
    expect(observed.types.slice(-2)).toEqual(['agent.failed', 'request.failed']);
    expect(observed.state).toMatchObject({ status: 'failed', error: { code: 'abandoned' } });
    expect(managed.state.status).toBe('running');
  });

  test('events with a clock of long ago do not abandon a request that is alive', () => {
    const run = new Run();
    run.now -= 10 * run.policy.abandonAfterMs;
    run.event('agent.progress', { percent: 1 });
    run.now += 10 * run.policy.abandonAfterMs;
    run.give({ kind: 'silence' });
    expect(run.types.at(-1)).toBe('request.stalled');
  });
});
