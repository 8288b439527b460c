import type { Logger } from '@stepwire/observability';

/** Every log line of the gateway, as named functions with structured fields. */
export const log = {
  listening: (logger: Logger, address: string) => logger.info({ address }, 'gateway listens'),
  noIpv6: (logger: Logger, err: unknown) => logger.info({ err }, 'not listening on ::1 beside 127.0.0.1'),
  ownSessionKey: (logger: Logger) =>
    logger.warn('without SESSION_SECRET cookies, tickets and shares hold on this gateway only, and until it ends'),
  oddFeed: (logger: Logger) =>
    logger.warn('a message on request.feed could not be read: does a coordinator of another version run?'),
  healFailed: (logger: Logger, err: unknown) => logger.warn({ err }, 'heads could not be compared; trying again'),
  joinFailed: (logger: Logger, requestId: string, err: unknown) =>
    logger.info({ requestId, err }, 'a watcher could not be let in yet; trying again'),
  slowConsumer: (logger: Logger, socketId: string, bytes: number) =>
    logger.warn({ socketId, bytes }, 'a connection whose backlog went over its cap was cut off'),
  unexpected: (logger: Logger, err: unknown, what: string) => logger.error({ err, what }, 'a defect'),
};
