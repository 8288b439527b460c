import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** ms; default 10 000 */
  readonly timeoutMs?: number;
  /** ms between two looks; default 20 */
  readonly everyMs?: number;
  /** for the message of a timeout */
  readonly what?: string;
}

/**
 * Looks again and again until `look` gives something other than undefined, null or false, and returns that. A throwing
 * `look` counts as not yet.
 * @throws Error after the deadline; says what the last look gave
 */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 20, what = 'the condition' }: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = Date.now() + timeoutMs;
  const found = (value: T): value is Exclude<T, undefined | null | false> =>
    value !== undefined && value !== null && value !== false;
  for (;;) {
    let last: string;
    try {
      const value = await look();
      if (found(value)) return value;
      last = `was ${String(value)}`;
    } catch (error) {
      last = `threw ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() >= deadline) throw new Error(`waited ${timeoutMs} ms for ${what}; it ${last}`);
    await delay(everyMs);
  }
}
