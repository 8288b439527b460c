import type { Logger } from '@stepwire/observability';

/** Every line this lib logs. */
export const connected = (logger: Logger, connection: string) => logger.info({ connection }, 'connected to RabbitMQ');

export const connectFailed = (logger: Logger, connection: string, err: Error, retryInMs: number) =>
  logger.warn(
    { connection, reason: err.message, retryInMs: Math.round(retryInMs) },
    'RabbitMQ does not answer, trying again',
  );

export const connectionLost = (logger: Logger, connection: string, err: Error) =>
  logger.warn({ connection, reason: err.message }, 'connection to RabbitMQ lost');

export const blocked = (logger: Logger, reason: string) =>
  logger.warn({ reason }, 'RabbitMQ blocks publishers until it has resources again');

export const unblocked = (logger: Logger) => logger.info('RabbitMQ takes messages again');

export const channelLost = (logger: Logger, channel: string, err: Error) =>
  logger.warn({ channel, reason: err.message }, 'channel lost, opening it again');

export const topologyMissing = (logger: Logger, missing: readonly string[], retryInMs: number) =>
  logger.error(
    { missing, retryInMs: Math.round(retryInMs) },
    `missing on RabbitMQ: ${missing.join(', ')}; \`npm run topology\` declares it`,
  );

export const batchFailed = (logger: Logger, queue: string, messages: number, err: unknown) =>
  logger.error({ queue, messages, err }, 'a batch failed, its messages will be delivered again');

export const handlerFailed = (logger: Logger, pattern: string, err: unknown) =>
  logger.error({ pattern, err }, 'a handler threw');

export const leftUnsettled = (logger: Logger, pattern: string) =>
  logger.error({ pattern }, 'a handler returned without settling its message, it goes back to the queue');

export const payloadRefused = (logger: Logger, pattern: string, messageId: string | undefined, err: Error) =>
  logger.warn({ pattern, messageId, reason: err.message }, 'a message does not parse, it is refused');

export const sendsDropped = (logger: Logger, dropped: number) =>
  logger.warn({ dropped }, 'best-effort messages were dropped');
