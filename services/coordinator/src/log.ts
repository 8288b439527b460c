import type { Logger } from '@stepwire/observability';

/** Every log line of the coordinator, as named functions with structured fields. */
export const log = {
  ready: (logger: Logger, database: 'pglite' | 'postgres') => logger.info({ database }, 'coordinator is ready'),
  deadLettered: (logger: Logger, routingKey: string, reason: string) =>
    logger.debug({ routingKey, reason }, 'a message on agent.events went to the dead letters'),
  deadLetters: (logger: Logger, count: number, reason: string) =>
    logger.warn({ count, reason }, 'messages on agent.events went to the dead letters'),
  refused: (logger: Logger, count: number, reason: string) =>
    logger.info({ count, reason }, 'events were refused: they changed nothing'),
  ingestFailed: (logger: Logger, err: unknown) =>
    logger.warn({ err }, 'a batch of events was not committed; the broker delivers it again'),
  relayFailed: (logger: Logger, err: unknown, what: string) =>
    logger.warn({ err, what }, 'a command waits in the outbox and will be sent again'),
  clockworkFailed: (logger: Logger, err: unknown, what: string) =>
    logger.warn({ err, what }, 'timers were not looked at; trying again'),
  databaseAway: (logger: Logger, err: unknown, retryInMs: number) =>
    logger.warn({ err, retryInMs }, 'the database can’t be reached, trying again'),
  databaseDied: (logger: Logger, err: unknown) =>
    logger.fatal({ err }, 'the database ended; the coordinator goes with it'),
};
