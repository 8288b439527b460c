import { describe, expect, test } from '@jest/globals';
import { initialState, isFinished, mayWatch, snapshotForClient } from '@stepwire/run-model';
import { Run, step } from './run.ts';

describe('snapshotForClient', () => {
  test('is the state of design §7.1: the whole of a request at its seq', () => {
    const run = new Run().planned(step('a', 1), step('b', 2));
    run.claim('a');
    run.claim('b', 1, 'x2');
    run.report('a', 'completed', { result: { found: 1 }, message: 'done' });
    run.event('executor.question.asked', { questionId: 'q', stepId: 'b', prompt: 'Who?', kind: 'text', attempt: 1 });
    const snapshot = snapshotForClient(run.state, 'epoch-1');
    expect(snapshot).toMatchObject({
      protocol: 1,
      requestId: 'req-1',
      epoch: 'epoch-1',
      seq: run.log.length,
      status: 'waiting',
      progress: 52,
      currentStage: 'waiting',
      plan: { goal: 'find out' },
      steps: [
        {
          step: 1,
          stepId: 'a',
          status: 'completed',
          tool: 'a_tool',
          title: 'do a',
          percent: 100,
          attempt: 1,
          data: { result: { found: 1 }, message: 'done' },
        },
        { step: 2, stepId: 'b', status: 'waiting', data: { result: null } },
      ],
      question: { questionId: 'q', prompt: 'Who?', kind: 'text', choices: null },
      questions: [{ questionId: 'q' }],
      result: null,
      error: null,
    });
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  });

  test('of a request with nothing open has question null, and never says who runs a step', () => {
    const run = new Run().planned(step('a', 1));
    run.claim('a', 1, 'secret-instance');
    const snapshot = snapshotForClient(run.state, 'e');
    expect(snapshot.question).toBeNull();
    expect(JSON.stringify(snapshot)).not.toContain('secret-instance');
  });
});

describe('mayWatch', () => {
  test.each([
    ['ann', { userId: 'ann', operator: false }, true],
    ['ann', { userId: 'bob', operator: false }, false],
    ['ann', { userId: 'bob', operator: true }, true],
    [null, { userId: 'ann', operator: false }, false],
    [null, { userId: 'ann', operator: true }, true],
  ])('a request of %s, a caller %j: %s', (userId, caller, expected) => {
    expect(mayWatch({ userId }, caller)).toBe(expected);
    expect(mayWatch({ ...initialState('r'), userId }, caller)).toBe(expected);
  });

  test('who holds a share may watch the request it is of, and no other', () => {
    const holder = { shareId: 's', requestId: 'r' };
    expect(mayWatch({ ...initialState('r'), userId: 'ann' }, holder)).toBe(true);
    expect(mayWatch({ ...initialState('another'), userId: 'ann' }, holder)).toBe(false);
    expect(mayWatch({ userId: 'ann' }, holder)).toBe(false);
  });
});

test('isFinished names exactly the three ends', () => {
  const statuses = [
    'queued',
    'planning',
    'running',
    'waiting',
    'cancelling',
    'completed',
    'failed',
    'cancelled',
  ] as const;
  expect(statuses.filter(isFinished)).toEqual(['completed', 'failed', 'cancelled']);
});
