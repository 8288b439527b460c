import { describe, expect, test } from '@jest/globals';
import type { QuestionState } from '@stepwire/run-model';
import { chooseAnswer } from '../src/ask/answers.ts';

const question = (members: Partial<QuestionState> = {}): QuestionState => ({
  questionId: 'q-1',
  stepId: 'sender',
  prompt: 'Who sent this to you?',
  kind: 'choice',
  choices: ['My bank', 'A friend'],
  allowOther: false,
  default: 'A friend',
  askedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: null,
  ...members,
});
const confirm = question({ kind: 'confirm', choices: null, default: false });
const text = question({ kind: 'text', choices: null });
const { default: _, ...withoutDefault } = question();

const alone = { canAsk: false, mayDefault: true };
const atTerminal = { canAsk: true, mayDefault: true };
const watching = { canAsk: false, mayDefault: false };
const given = (value: string, name = 'sender') => [{ name, value }];

describe('a question is', () => {
  test('put to the person at the terminal', () => {
    expect(chooseAnswer(question(), [], atTerminal)).toEqual({ kind: 'ask' });
  });

  test('answered by its default at once where nobody sits there', () => {
    expect(chooseAnswer(question(), [], alone)).toEqual({ kind: 'answer', value: 'A friend', source: 'default' });
    expect(chooseAnswer(confirm, [], alone)).toEqual({ kind: 'answer', value: false, source: 'default' });
  });

  test('left alone where it has no default, or belongs to somebody else', () => {
    expect(chooseAnswer(withoutDefault, [], alone)).toEqual({ kind: 'none' });
    expect(chooseAnswer(question(), [], watching)).toEqual({ kind: 'none' });
  });

  test.each(['q-1', 'sender', 'who sent', 'WHO SENT THIS'])('answered in advance by the name %s', (name) => {
    for (const who of [alone, atTerminal, watching]) {
      expect(chooseAnswer(question(), given('My bank', name), who)).toMatchObject({ kind: 'answer', value: 'My bank' });
    }
  });

  test('not taken for another one', () => {
    expect(chooseAnswer(question(), given('My bank', 'q-2'), atTerminal)).toEqual({ kind: 'ask' });
  });
});

describe('an answer in advance becomes what the question takes', () => {
  test.each([
    ['yes', true],
    ['Y', true],
    [' true ', true],
    ['no', false],
    ['0', false],
  ])('confirm: %s', (words, value) => {
    expect(chooseAnswer(confirm, given(words), alone)).toMatchObject({ kind: 'answer', value });
  });

  test('choice: in any case, as the question spells it', () => {
    expect(chooseAnswer(question(), given('my BANK'), alone)).toMatchObject({ value: 'My bank' });
  });

  test('choice: other words where those are allowed', () => {
    expect(chooseAnswer(question({ allowOther: true }), given('my aunt'), alone)).toMatchObject({ value: 'my aunt' });
  });

  test('text: as it is', () => {
    expect(chooseAnswer(text, given('  a b '), alone)).toMatchObject({ value: '  a b ' });
  });

  test.each([
    [confirm, 'perhaps', /neither yes nor no/],
    [question(), 'my aunt', /none of: My bank, A friend/],
  ])('or is told not to fit', (of, words, message) => {
    expect(chooseAnswer(of, given(words), alone)).toMatchObject({
      kind: 'unfit',
      message: expect.stringMatching(message),
    });
  });
});
