import { gatewaySettings, readEnv } from '@stepwire/config';
import { createLogger } from '@stepwire/observability';
import { RabbitMq } from './rabbitmq.ts';
import { OpenToAllError, serveGateway } from './server.ts';
import { stopOnSignal } from './stop-on-signal.ts';

const settings = readEnv(gatewaySettings);
const logger = createLogger('gateway', settings.logLevel);
try {
  stopOnSignal(await serveGateway(settings, logger, (hearing) => new RabbitMq(settings.amqpUrl, logger, hearing)));
} catch (error) {
  if (!(error instanceof OpenToAllError)) throw error;
  logger.fatal(error.message);
  process.exit(1);
}
