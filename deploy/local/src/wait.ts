import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks until the answer is true.
 * @throws Error with `message()` after `timeoutMs`
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  message: () => string,
  everyMs = 50,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(message());
    await delay(everyMs);
  }
}
