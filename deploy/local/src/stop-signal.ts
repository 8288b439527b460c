/**
 * Aborts when somebody wants us gone: Ctrl-C, a polite kill, the terminal's end, or the end of the process that
 * started us (`bootstrap.mjs`, whose channel then closes). npm, a terminal and the parent may all send the same
 * signal; repeats change nothing.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
  // a terminal that is gone can't be told anything
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  return controller.signal;
}
