import 'reflect-metadata';
import { join } from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AmqpStrategy, Broker, rpcClient, StepwireErrorFilter } from '@stepwire/messaging';
import { createLogger, type Logger, nestLogger } from '@stepwire/observability';
import { exchanges, routingKeys } from '@stepwire/protocol';
import { BlobStore } from './blob-store.ts';
import { heartbeatFile } from './heartbeat-file.ts';
import * as log from './log.ts';
import { AgentSession } from './session.ts';

export interface AgentServiceOptions {
  /** also the first part of its instance queue's name */
  readonly role: 'planner' | 'executor';
  /** where its commands wait */
  readonly queue: string;
  readonly settings: {
    readonly amqpUrl: string;
    readonly logLevel: Parameters<typeof createLogger>[1];
    readonly dataDir: string;
    readonly slots: number;
    readonly leaseMs: number;
  };
  /** the Nest module with the handlers of `queue` and `request.cancel` */
  readonly module: (parts: AgentParts) => DynamicModule;
}
export interface AgentParts {
  readonly session: AgentSession;
  readonly blobs: BlobStore;
  readonly logger: Logger;
}

/** ms for what runs at SIGTERM; with what follows it stays under the 10 s a graceful stop may take */
const FINISH_MS = 7_000;
const EXIT_MS = 9_500;

/**
 * An agent as a process: a Nest microservice that takes commands and hears cancels, and a session that beats.
 * SIGTERM or SIGINT: takes nothing new, finishes or hands back what runs, and ends within 10 s.
 */
export async function runAgentService({ role, queue, settings, module }: AgentServiceOptions): Promise<void> {
  const logger = createLogger(role, settings.logLevel);
  const broker = Broker.open({
    url: settings.amqpUrl,
    name: role,
    logger,
    topology: {
      exchanges: [exchanges.agentEvents, exchanges.agentCommands, exchanges.coordinatorAgents],
      queues: [queue],
    },
  });
  const rpc = rpcClient(broker);
  const session = new AgentSession({
    role,
    call: (method, params, options) => rpc.call(method, params, options),
    publish: (message) => broker.publish(message),
    logger,
    heartbeatMs: settings.leaseMs / 3,
    onHeartbeat: heartbeatFile(role, settings.leaseMs),
  });
  const strategy = new AmqpStrategy({
    broker,
    sources: [
      { kind: 'slots', queue, slots: settings.slots },
      {
        kind: 'instance',
        service: role,
        bindings: [{ exchange: exchanges.agentCommands, routingKey: routingKeys.requestCancel }],
      },
    ],
  });
  const blobs = new BlobStore(join(settings.dataDir, 'blobs'));
  const app = await NestFactory.createMicroservice(module({ session, blobs, logger }), {
    strategy,
    logger: nestLogger(logger),
  });
  app.useGlobalFilters(new StepwireErrorFilter());

  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.serviceStops(logger, signal);
    setTimeout(() => process.exit(1), EXIT_MS).unref();
    await Promise.all([session.close(FINISH_MS), app.close()]);
    await rpc.close();
    await broker.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (name) => void stop(name));

  await app.listen();
  // earlier it could only fail, and the next one would come much later; rejects only when we close before
  broker.ready().then(
    () => session.start(),
    () => undefined,
  );
  log.serviceStarts(logger, session.instance, settings.slots);
}
