/** Delays double from `baseMs` to `maxMs`; half of each is random, so that many waiters do not come back at once. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The delay before repeat `n`, counted from 1, in ms. */
export function delayMs({ baseMs, maxMs }: Backoff, n: number, random = Math.random()): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(n - 1, 30));
  return full / 2 + (full / 2) * random;
}
