import { describe, expect, test } from '@jest/globals';
import type { EventData } from '@stepwire/protocol';
import { Run, refusedAs, step, T0 } from './run.ts';

type Asked = Partial<EventData['executor.question.asked']>;
const ask = (run: Run, more: Asked = {}) =>
  run.event('executor.question.asked', {
    questionId: 'q1',
    stepId: 'a',
    prompt: 'Who sent it?',
    kind: 'text',
    attempt: 1,
    ...more,
  });
const asking = (more: Asked = {}, run = new Run().planned(step('a', 1))): Run => {
  run.claim('a');
  ask(run, more);
  return run;
};

describe('a question', () => {
  test('parks its step: no lease, no retry, and the deadline by the coordinator’s clock', () => {
    const run = asking({ expiresInMs: 60_000, default: 'nobody' });
    expect(run.log.at(-1)?.data).toMatchObject({ expiresAt: new Date(T0 + 60_000).toISOString() });
    expect(run.log.at(-1)?.data).not.toHaveProperty('expiresInMs');
    expect(run.state).toMatchObject({
      status: 'waiting',
      currentStage: 'waiting',
      steps: [{ status: 'waiting', instance: null }],
    });
    expect([...run.timers.keys()]).toEqual(['question q1']);
    expect(run.timers.get('question q1')).toMatchObject({ inMs: 60_000 });
  });

  test('makes the request wait only when nothing runs or is ready', () => {
    const run = asking({}, new Run().planned(step('a', 1), step('b', 2)));
    expect(run.state.status).toBe('running');
    run.claim('b', 1, 'x2');
    run.report('b', 'completed');
    expect(run.state.status).toBe('waiting');
  });

  test('sets its own timer and no other’s, and its answer goes to its own step', () => {
    const run = asking({ expiresInMs: 60_000 }, new Run().planned(step('a', 1), step('b', 2)));
    run.claim('b', 1, 'x2');
    run.now += 1_000;
    const asked = ask(run, { questionId: 'q2', stepId: 'b', expiresInMs: 5_000 });
    expect(asked).toMatchObject({ setTimers: [{ kind: 'question', key: 'q2', inMs: 5_000 }] });
    run.answer('q1', 'x');
    run.answer('q2', 'y');
    expect(run.dispatched.slice(-2)).toMatchObject([{ step: { id: 'a' } }, { step: { id: 'b' } }]);
    expect(run.dispatched.slice(-2).map(({ answers }) => answers)).toEqual([{ q1: 'x' }, { q2: 'y' }]);
  });

  test('is asked by a step that runs, once', () => {
    const run = new Run().planned(step('a', 1), step('b', 2));
    expect(ask(run)).toEqual(refusedAs('not_running'));
    run.claim('a');
    run.claim('b', 1, 'x2');
    expect(ask(run, { attempt: 2 })).toEqual(refusedAs('stale_attempt'));
    ask(run);
    expect(ask(run, { stepId: 'b' })).toEqual(refusedAs('duplicate'));
  });

  test.each([
    1e300, // beyond what a Date can hold
    Date.UTC(9999, 0, 1),
  ])('may be given %d ms: its deadline stays one that can be written down', (expiresInMs) => {
    const run = asking({ expiresInMs });
    expect(run.state.questions[0]?.expiresAt).toBe('9999-12-31T23:59:59.999Z');
  });

  test('answered starts its step again, as the next attempt, with the answers so far', () => {
    const run = asking({ expiresInMs: 60_000 });
    run.answer('q1', 'my bank', 'ann');
    expect(run.log.at(-1)).toMatchObject({ id: 'c2', type: 'question.answered', agent: 'gateway' });
    expect(run.log.at(-1)?.data).toEqual({ questionId: 'q1', stepId: 'a', answer: 'my bank', answeredBy: 'ann' });
    expect(run.dispatched.at(-1)).toMatchObject({ attempt: 2, answers: { q1: 'my bank' }, lastAttempt: false });
    expect(run.timers.size).toBe(0);
    run.claim('a', 2, 'x2');
    ask(run, { questionId: 'q2', attempt: 2, kind: 'confirm' });
    run.answer('q2', true);
    expect(run.dispatched.at(-1)).toMatchObject({ attempt: 3, answers: { q1: 'my bank', q2: true } });
    expect(run.step('a').failures).toBe(0);
  });

  test('takes the first valid answer; a later one hears who gave it', () => {
    const run = asking();
    run.answer('q1', 'my bank', 'ann');
    const late = run.answer('q1', 'a stranger', 'bob');
    expect(late).toMatchObject({ kind: 'rejected', error: { code: 'already_answered' } });
    expect(late).toMatchObject({ error: { message: expect.stringContaining('ann') } });
  });

  test.each<[string, Asked, unknown, boolean]>([
    ['text', { kind: 'text' }, 'anything', true],
    ['text', { kind: 'text' }, 5, false],
    ['choice', { kind: 'choice', choices: ['yes', 'no'] }, 'no', true],
    ['choice', { kind: 'choice', choices: ['yes', 'no'] }, 'perhaps', false],
    ['choice with free text', { kind: 'choice', choices: ['yes', 'no'], allowOther: true }, 'perhaps', true],
    ['choice with free text', { kind: 'choice', choices: ['yes', 'no'], allowOther: true }, null, false],
    ['confirm', { kind: 'confirm' }, false, true],
    ['confirm', { kind: 'confirm' }, 'true', false],
  ])('of kind %s %j with answer %j: valid is %s', (_, more, answer, valid) => {
    const run = asking(more);
    const outcome = run.answer('q1', answer);
    if (valid) expect(run.state.questions).toEqual([]);
    else expect(outcome).toMatchObject({ kind: 'rejected', error: { code: 'bad_request', path: '/answer' } });
  });

  test('nobody asked is not_found', () => {
    expect(asking().answer('ghost', 'x')).toMatchObject({ kind: 'rejected', error: { code: 'not_found' } });
    expect(new Run().answer('ghost', 'x')).toMatchObject({ kind: 'rejected', error: { code: 'not_found' } });
  });

  test('that expires takes its default as the answer', () => {
    const run = asking({ expiresInMs: 60_000, default: 'nobody' });
    run.fire('question', 'q1');
    expect(run.log.at(-1)).toMatchObject({ type: 'question.expired', data: { questionId: 'q1', answer: 'nobody' } });
    expect(run.dispatched.at(-1)).toMatchObject({ attempt: 2, answers: { q1: 'nobody' } });
    expect(run.answer('q1', 'late')).toMatchObject({ kind: 'rejected', error: { code: 'expired' } });
  });

  test('takes null for a default too', () => {
    const run = asking({ expiresInMs: 1, default: null });
    run.fire('question', 'q1');
    expect(run.dispatched.at(-1)).toMatchObject({ attempt: 2, answers: { q1: null } });
  });

  test('that expires without a default fails its step for good', () => {
    const run = asking({ expiresInMs: 60_000 });
    run.fire('question', 'q1');
    expect(run.types.slice(-4)).toEqual([
      'question.expired',
      'executor.step.progress',
      'agent.failed',
      'request.failed',
    ]);
    expect(run.state.error).toMatchObject({ code: 'question_expired', step: 1 });
  });

  test('of an optional step that expires lets the others go on', () => {
    const run = new Run().planned(step('a', 1, { optional: true }), step('b', 2, { dependsOn: ['a'] }));
    asking({ expiresInMs: 60_000 }, run);
    run.fire('question', 'q1');
    expect(run.dispatched.at(-1)).toMatchObject({
      step: { id: 'b' },
      inputs: { a: { status: 'failed', result: null } },
    });
  });

  test('answered after its deadline, with its timer late: the expiry is committed and the answer hears expired', () => {
    const run = asking({ expiresInMs: 60_000, default: 'nobody' });
    run.now += 60_000;
    const outcome = run.answer('q1', 'my bank');
    expect(outcome).toMatchObject({ kind: 'decision', rejection: { code: 'expired' } });
    expect(run.log.at(-1)).toMatchObject({ type: 'question.expired', data: { answer: 'nobody' } });
    expect(run.dispatched.at(-1)).toMatchObject({ answers: { q1: 'nobody' } });
    expect(run.give({ kind: 'timer', timer: { kind: 'question', key: 'q1', attempt: 0 } })).toEqual(
      refusedAs('not_running'),
    );
  });

  test('answered just before its deadline counts', () => {
    const run = asking({ expiresInMs: 60_000 });
    run.now += 59_999;
    run.answer('q1', 'my bank');
    expect(run.log.at(-1)?.type).toBe('question.answered');
  });
});
