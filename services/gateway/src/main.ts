import 'reflect-metadata';
import { createServer, type Socket } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { gatewaySettings, readEnv } from '@stepwire/config';
import { createLogger, nestLogger } from '@stepwire/observability';
import { limits, PROTOCOL_VERSION, StepwireError } from '@stepwire/protocol';
import type { NextFunction, Request, Response } from 'express';
import { Gateway } from './gateway.ts';
import { HealthController } from './http/health.controller.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { RequestsController } from './http/requests.controller.ts';
import { log } from './log.ts';
import { isLoopback, originPolicy } from './origins.ts';
import { SocketDoor } from './socket/door.ts';

/** a graceful end takes at most this (ms) */
const STOP_WITHIN_MS = 10_000;
/** connections have this long to say goodbye (ms): one that does not read never will */
const GOODBYE_WITHIN_MS = 2_000;

const settings = readEnv(gatewaySettings);
const { host, port } = settings;
const logger = createLogger('gateway', settings.logLevel);
if (settings.authMode !== 'open' && !isLoopback(host)) {
  logger.fatal(
    `without sign-in the gateway listens on loopback only, and HOST is ${host}: anybody there could see and do everything. ` +
      'Set HOST=127.0.0.1, or AUTH_MODE=open if that is what you want',
  );
  process.exit(1);
}

const gateway = new Gateway(settings.amqpUrl, logger);
const origins = originPolicy(settings.allowedOrigins, settings.authMode !== 'open');

@Module({ controllers: [RequestsController, HealthController], providers: [{ provide: Gateway, useValue: gateway }] })
class GatewayModule {}

const app = await NestFactory.create<NestExpressApplication>(GatewayModule, {
  logger: nestLogger(logger),
  bodyParser: false,
});
app.disable('x-powered-by');
app.use(({ headers }: Request, response: Response, next: NextFunction) => {
  response.setHeader('Stepwire-Protocol', PROTOCOL_VERSION);
  const refusal = origins.refusal(headers);
  next(refusal === undefined ? undefined : new StepwireError('origin_refused', refusal));
});
app.enableCors({
  origin: (origin: string | undefined, answer: (error: null, allow: boolean) => void) =>
    answer(null, origins.allows(origin)),
  credentials: true,
  allowedHeaders: ['Authorization', 'Content-Type', 'Last-Event-ID', 'Idempotency-Key'],
  exposedHeaders: ['Stepwire-Protocol', 'Location', 'Retry-After'],
});
app.useBodyParser('json', { limit: limits.payloadBytes });
app.useGlobalFilters(new ProblemFilter(logger));

const server = app.getHttpServer();
const connections = new Set<Socket>();
server.on('connection', (socket: Socket) => {
  connections.add(socket);
  socket.once('close', () => connections.delete(socket));
});
const door = new SocketDoor(server, { ...settings, gateway, origins, logger });
await app.listen(port, host);
log.listening(logger, `http://${host}:${port}`);

// "localhost" may mean ::1 to a client; where the machine has no IPv6 there is nothing to listen on
const sixth = createServer((socket) => server.emit('connection', socket));
if (host === '127.0.0.1' || host === 'localhost') {
  sixth.on('error', (error) => log.noIpv6(logger, error)).listen(port, '::1');
}

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  setTimeout(() => {
    for (const socket of connections) socket.destroy();
  }, GOODBYE_WITHIN_MS).unref();
  sixth.close();
  await door.close();
  await app.close();
  await gateway.close();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
