/** What became of work that may be told to stop. */
export type Ended<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'error'; readonly error: unknown }
  /** it was told to stop and did not settle within its grace */
  | { readonly kind: 'ignored' };

/**
 * Runs `work` until it settles; after `signal` fires it has `graceMs` to do so. Work that is given up on goes on in the
 * background, where nobody listens to it any more.
 */
export async function untilStopped<T>(
  work: () => T | Promise<T>,
  signal: AbortSignal,
  graceMs: number,
): Promise<Ended<T>> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const ignored = new Promise<Ended<T>>((resolve) => {
    onAbort = () => {
      timer = setTimeout(() => resolve({ kind: 'ignored' }), graceMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  const settled = (async (): Promise<Ended<T>> => {
    try {
      return { kind: 'value', value: await work() };
    } catch (error) {
      return { kind: 'error', error };
    }
  })();
  try {
    return await Promise.race([settled, ignored]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
