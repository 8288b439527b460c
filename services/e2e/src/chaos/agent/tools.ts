import { setTimeout as delay } from 'node:timers/promises';
import type { Tool, ToolContext } from '@stepwire/agent-sdk';
import type { Effects } from './effects.ts';
import { member, numberIn } from './input.ts';

const pause = async ({ input, signal }: ToolContext): Promise<void> => {
  const ms = numberIn(input, 'ms', 0);
  if (ms > 0) await delay(ms, undefined, { signal });
};

export const wait: Tool = {
  name: 'wait',
  about: 'input {ms}: a pause; stops at once when it is told to',
  async run(context) {
    await context.progress(50);
    await pause(context);
    return { attempt: context.attempt };
  },
};

export const echo = (effects: Effects): Tool => ({
  name: 'echo',
  about: 'input {ms?}: an effect on the world, which is written down, and a pause',
  async run(context) {
    const { requestId, stepId, attempt } = context;
    effects.done({ requestId, stepId, attempt });
    await pause(context);
    return { stepId, attempt };
  },
});

export const ask: Tool = {
  name: 'ask',
  about: 'input {questions?, expiresInMs?, default?}: asks so many questions, one after the other',
  async run(context) {
    const { input } = context;
    const expiresInMs = member(input, 'expiresInMs');
    const fallback = member(input, 'default');
    const answers: string[] = [];
    for (let number = 1; number <= numberIn(input, 'questions', 1); number += 1) {
      answers.push(
        await context.ask({
          kind: 'text',
          prompt: `question ${number}?`,
          ...(typeof expiresInMs === 'number' ? { expiresInMs } : {}),
          ...(typeof fallback === 'string' ? { default: fallback } : {}),
        }),
      );
    }
    return { answers };
  },
};

export const fail: Tool = {
  name: 'fail',
  about: 'input {times, ms?}: fails in the first so many attempts',
  async run(context) {
    await pause(context);
    if (context.attempt <= numberIn(context.input, 'times', 1)) throw new Error('as it was told to');
    return { attempt: context.attempt };
  },
};
