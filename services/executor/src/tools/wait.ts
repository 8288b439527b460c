import { setTimeout as delay } from 'node:timers/promises';
import type { Tool } from '@stepwire/agent-sdk';
import Type from 'typebox';
import { shape } from './parameters.ts';

const parameters = shape(
  'input of wait',
  Type.Object({ ms: Type.Integer({ minimum: 0, maximum: 24 * 60 * 60_000, description: 'how long, in ms' }) }),
);

/** progress is told so often, at the most (ms) */
const TICK_MS = 250;

/** A pause between two steps of a plan: until a mail server's greylisting is over, a rate limit has passed, DNS has spread. */
export const wait: Tool = {
  name: 'wait',
  about: 'input {ms}: a pause, up to a day; stops at once when the request is cancelled',
  async run(context) {
    const { ms } = parameters(context.input);
    const startedAt = performance.now();
    for (;;) {
      const passedMs = performance.now() - startedAt;
      if (passedMs >= ms) return { waitedMs: Math.round(passedMs) };
      await context.progress((passedMs / ms) * 100, `${Math.round((ms - passedMs) / 1000)} s to go`);
      await delay(Math.min(Math.max(TICK_MS, ms / 100), ms - passedMs), undefined, { signal: context.signal });
    }
  },
};
