import { brokerSettings, readEnv } from '@stepwire/config';
import { createLogger } from '@stepwire/observability';
import { declareTopology } from '../topology.ts';

/** `npm run topology`: declares exchanges, queues and bindings on AMQP_URL, waiting for the broker. */
const { amqpUrl, logLevel } = readEnv(brokerSettings);
const logger = createLogger('topology', logLevel);
await declareTopology(amqpUrl, {
  onRetry: (error) => logger.warn({ reason: error.message }, 'RabbitMQ does not answer, trying again'),
});
logger.info('exchanges, queues and bindings are declared');
