import { confirm, input, select } from '@inquirer/prompts';
import type { QuestionState } from '@stepwire/run-model';
import { visible } from './visible.ts';

const OTHER = Symbol('something else');

/**
 * Asks the person at the terminal.
 * @throws Error of `@inquirer/core` named `ExitPromptError` on Ctrl-C, `AbortPromptError` when `signal` fires
 */
export async function prompt(question: QuestionState, signal: AbortSignal): Promise<unknown> {
  const until = question.expiresAt === null ? '' : ` (until ${new Date(question.expiresAt).toLocaleTimeString()})`;
  const message = visible(question.prompt) + until;
  const fallback = question.default;
  switch (question.kind) {
    case 'confirm':
      return confirm({ message, ...(typeof fallback === 'boolean' ? { default: fallback } : {}) }, { signal });
    case 'text':
      return free(message, fallback, signal);
    case 'choice': {
      const choices: { name: string; value: string | typeof OTHER }[] = (question.choices ?? []).map((value) => ({
        name: visible(value),
        value,
      }));
      if (question.allowOther) choices.push({ name: 'something else …', value: OTHER });
      const chosen = await select(
        { message, choices, ...(typeof fallback === 'string' ? { default: fallback } : {}) },
        { signal },
      );
      return chosen === OTHER ? free(message, undefined, signal) : chosen;
    }
  }
}

async function free(message: string, fallback: unknown, signal: AbortSignal): Promise<string> {
  if (typeof fallback !== 'string') return input({ message, required: true }, { signal });
  const shown = visible(fallback);
  const words = await input({ message, default: shown }, { signal });
  return words === shown ? fallback : words;
}
