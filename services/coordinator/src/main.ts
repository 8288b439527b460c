import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { coordinatorSettings, readEnv } from '@stepwire/config';
import { AmqpStrategy, StepwireErrorFilter } from '@stepwire/messaging';
import { createLogger, nestLogger } from '@stepwire/observability';
import { agentMethods, queues } from '@stepwire/protocol';
import { CoordinatorController } from './coordinator.controller.ts';
import { Coordinator } from './coordinator.ts';
import { log } from './log.ts';

/** unacknowledged events that the broker sends ahead: two full transactions */
const INGEST_PREFETCH = 2_000;
const INGEST_BATCH = 1_000;
/** they may be large, and nobody waits for them */
const DEAD_LETTERS_BATCH = 50;
/** a graceful end takes at most this (ms) */
const STOP_WITHIN_MS = 10_000;

const settings = readEnv(coordinatorSettings);
const logger = createLogger('coordinator', settings.logLevel);
const coordinator = await Coordinator.open(settings, logger);

@Module({ controllers: [CoordinatorController], providers: [{ provide: Coordinator, useValue: coordinator }] })
class CoordinatorModule {}

const app = await NestFactory.createMicroservice(CoordinatorModule, {
  logger: nestLogger(logger),
  strategy: new AmqpStrategy({
    broker: coordinator.broker,
    sources: [
      { kind: 'batch', queue: queues.ingest, prefetch: INGEST_PREFETCH, maxBatch: INGEST_BATCH },
      { kind: 'batch', queue: queues.deadLetters, prefetch: 2 * DEAD_LETTERS_BATCH, maxBatch: DEAD_LETTERS_BATCH },
      { kind: 'rpc', queue: queues.rpc },
      { kind: 'rpc', queue: queues.agentRpc, methods: agentMethods },
    ],
  }),
});
app.useGlobalFilters(new StepwireErrorFilter());

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  await app.close();
  await coordinator.close();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

await app.listen();
coordinator.start();
await coordinator.broker.ready();
log.ready(logger, settings.databaseUrl === undefined ? 'pglite' : 'postgres');
