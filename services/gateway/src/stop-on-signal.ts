/** a graceful end takes at most this (ms) */
const STOP_WITHIN_MS = 10_000;

/** The process ends in order when it is asked to. */
export function stopOnSignal({ stop }: { readonly stop: () => Promise<void> }): void {
  let stopping = false;
  const end = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    await stop();
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
