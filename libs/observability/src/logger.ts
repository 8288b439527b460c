import { type Level, type Logger, pino } from 'pino';

export type { Logger };

/**
 * One JSON line per entry on stdout; on a terminal a readable one. Each service's log lines are named functions in
 * its own `log.ts`, with structured fields.
 */
export function createLogger(service: string, level: Level | 'fatal' = 'info', pretty = process.stdout.isTTY): Logger {
  return pino({
    base: { service },
    level,
    ...(pretty
      ? {
          transport: {
            target: 'pino-pretty',
            options: { ignore: 'pid,hostname,service', messageFormat: '{service} {msg}' },
          },
        }
      : {}),
  });
}

/** Nest's logger interface on pino; its start-up chatter goes to debug. */
export function nestLogger(logger: Logger) {
  const write =
    (level: 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...more: unknown[]) => {
      const context = more.at(-1);
      logger[level]({ context }, message instanceof Error ? (message.stack ?? message.message) : String(message));
    };
  return {
    log: write('debug'),
    debug: write('debug'),
    verbose: write('debug'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
  };
}
