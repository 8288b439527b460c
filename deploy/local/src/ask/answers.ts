import type { QuestionState } from '@stepwire/run-model';
import type { PresetAnswer } from './options.ts';

export type Choice =
  | { readonly kind: 'answer'; readonly value: unknown; readonly source: 'preset' | 'default' }
  /** a person has to be asked */
  | { readonly kind: 'ask' }
  /** the answer that was given in advance does not fit the question */
  | { readonly kind: 'unfit'; readonly message: string }
  /** nobody here can answer */
  | { readonly kind: 'none' };

/**
 * How a question is dealt with: what was given in advance comes first, then the person at the terminal, and where there
 * is none the default at once, so that nothing waits for somebody who is not there.
 *
 * @param mayDefault false for who only watches: another person may want to answer
 */
export function chooseAnswer(
  question: QuestionState,
  presets: readonly PresetAnswer[],
  { canAsk, mayDefault }: { readonly canAsk: boolean; readonly mayDefault: boolean },
): Choice {
  const preset = presets.find(({ name }) => isNamed(question, name));
  if (preset !== undefined) return read(question, preset.value);
  if (canAsk) return { kind: 'ask' };
  if (mayDefault && question.default !== undefined) {
    return { kind: 'answer', value: question.default, source: 'default' };
  }
  return { kind: 'none' };
}

/** By its id, its step's id, or words of its prompt. */
function isNamed(question: QuestionState, name: string): boolean {
  if (name === question.questionId || name === question.stepId) return true;
  return question.prompt.toLowerCase().includes(name.toLowerCase());
}

const yes = new Set(['y', 'yes', 'true', '1']);
const no = new Set(['n', 'no', 'false', '0']);

/** Words to what the question takes. */
function read(question: QuestionState, words: string): Choice {
  const answer = (value: unknown): Choice => ({ kind: 'answer', value, source: 'preset' });
  const wanted = words.trim().toLowerCase();
  switch (question.kind) {
    case 'text':
      return answer(words);
    case 'confirm':
      if (yes.has(wanted)) return answer(true);
      return no.has(wanted) ? answer(false) : { kind: 'unfit', message: `"${words}" is neither yes nor no` };
    case 'choice': {
      const choices = question.choices ?? [];
      const choice = choices.find((text) => text === words) ?? choices.find((text) => text.toLowerCase() === wanted);
      if (choice !== undefined) return answer(choice);
      if (question.allowOther) return answer(words);
      return { kind: 'unfit', message: `"${words}" is none of: ${choices.join(', ')}` };
    }
  }
}
