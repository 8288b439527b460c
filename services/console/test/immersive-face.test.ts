import { describe, expect, test } from '@jest/globals';
import type { ClientStep, QuestionState, RequestSnapshot } from '@stepwire/client';
import { createTestClient } from '@stepwire/client/testing';
import { briefOf, choicesOf, faceOfQuestion, faceOfRequest, faceOfStep, levelsOf } from '../src/immersive/face.ts';
import { wrap } from '../src/immersive/paint.ts';

const nothing: RequestSnapshot = createTestClient([]).watch('req-1').getSnapshot();
const noData = { result: null, resultRef: null, error: null, message: null, output: '' };
const noTimes = { startedAt: null, finishedAt: null, durationMs: null };
const stepOf = (stepId: string, more: Partial<ClientStep> = {}): ClientStep => ({
  ...{ step: 1, stepId, status: 'running', tool: 'look', title: 'Look', percent: 0, attempt: 1 },
  data: { ...noData, ...noTimes },
  ...more,
});

describe('a step', () => {
  test('that runs shows the end of what it writes, and how far it is, where that is known', () => {
    expect(
      faceOfStep(stepOf('a', { data: { ...noData, ...noTimes, message: 'reading', output: 'so far' } })),
    ).toMatchObject({
      ...{ status: 'Running', tone: 'run', body: 'so far', growing: true, percent: 'unknown', glow: 'pulse' },
    });
    expect(faceOfStep(stepOf('a', { percent: 40 }))).toMatchObject({ percent: 40, aside: '40 %' });
  });

  test('that is done shows its result and how long it took', () => {
    const data = { ...noData, ...noTimes, result: { urls: ['x'], hosts: [], score: 3 }, durationMs: 1200 };
    expect(faceOfStep(stepOf('a', { status: 'completed', data }))).toMatchObject({
      ...{ status: 'Done', tone: 'good', body: 'urls 1 · score 3', aside: '1.2 s', percent: null, glow: 'none' },
    });
  });

  test('is the same face while it is the same step', () => {
    const step = stepOf('a');
    expect(faceOfStep(step)).toBe(faceOfStep(step));
  });

  test('hides nothing in its texts', () => {
    const { title } = faceOfStep(stepOf('a', { title: 'pay\u202Eyap \x1b[31m' }));
    expect(title).toMatch(/^pay.yap .*\[31m$/u);
    expect(title).not.toMatch(/\p{C}/u);
  });
});

describe('the request', () => {
  test('shows what was asked, and what runs', () => {
    const steps = [
      stepOf('a', { title: 'Look' }),
      stepOf('b', { title: 'Listen' }),
      stepOf('c', { status: 'completed' }),
    ];
    expect(faceOfRequest({ ...nothing, status: 'running', userQuery: 'Is it so?', progress: 30, steps })).toMatchObject(
      {
        ...{ title: 'Is it so?', body: 'Now: Look, Listen', aside: '1 of 3 steps', percent: 30, glow: 'pulse' },
      },
    );
  });

  test('shows its verdict, whether the result is one or its last step had one', () => {
    const verdict = {
      verdict: 'likely_scam',
      score: 99,
      summary: 'It is one.',
      reasons: [{ text: 'known' }, { text: 'new' }],
    };
    const face = { status: 'Verdict', title: 'It is one.', tone: 'bad', aside: '99 of 100', body: '· known\n· new' };
    expect(faceOfRequest({ ...nothing, status: 'completed', result: verdict })).toMatchObject(face);
    expect(faceOfRequest({ ...nothing, status: 'completed', result: { a: 1, reasoning: verdict } })).toMatchObject(
      face,
    );
  });

  test('that failed shows why, and what was asked', () => {
    const error = { message: 'no luck', code: null, step: null };
    expect(faceOfRequest({ ...nothing, status: 'failed', userQuery: 'Is it so?', error })).toMatchObject({
      ...{ title: 'no luck', body: 'Is it so?', tone: 'bad', percent: null },
    });
  });
});

describe('a question', () => {
  const question: QuestionState = {
    ...{ questionId: 'q', stepId: null, prompt: 'Who?', kind: 'choice', choices: ['me', 'you'], allowOther: true },
    ...{ askedAt: '2026-01-01T00:00:00Z', expiresAt: null },
  };

  test('can be answered by its choices, yes and no, or not by pointing', () => {
    expect(choicesOf(question)).toEqual([
      { label: 'me', value: 'me' },
      { label: 'you', value: 'you' },
    ]);
    expect(choicesOf({ ...question, kind: 'confirm' }).map(({ value }) => value)).toEqual([true, false]);
    expect(choicesOf({ ...question, kind: 'text' })).toEqual([]);
  });

  test('shows why an answer was refused', () => {
    expect(faceOfQuestion(question, new Error('too late'))).toMatchObject({ body: 'too late', tone: 'bad' });
  });
});

test('steps that nobody planned have levels too', () => {
  const steps = [stepOf('a', { step: 1 }), stepOf('b', { step: 2 })];
  expect(levelsOf({ plan: null, steps })).toEqual([
    { phase: null, steps: ['a'] },
    { phase: null, steps: ['b'] },
  ]);
});

test('a brief of a result is what it has, in a line', () => {
  expect([briefOf('so'), briefOf(null), briefOf(7), briefOf({ a: {}, b: '', c: true })]).toEqual([
    'so',
    '',
    '7',
    'c true',
  ]);
});

test('lines are no wider than there is room, and words that are are broken', () => {
  const measure = { measureText: (text: string) => ({ width: text.length }) };
  expect(wrap(measure, 'one two three\nfour', 7)).toEqual(['one two', 'three', 'four']);
  expect(wrap(measure, 'a://very.long.address', 8)).toEqual(['a://very', '.long.ad', 'dress']);
  expect(wrap(measure, '', 8)).toEqual([]);
});
