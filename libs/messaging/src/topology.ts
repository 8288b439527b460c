import { setTimeout as delay } from 'node:timers/promises';
import { StepwireError, topology } from '@stepwire/protocol';
import { type ChannelModel, connect } from 'amqplib';
import { Backoff } from './backoff.ts';
import { toError } from './link.ts';

export interface TopologyNames {
  readonly exchanges: readonly string[];
  readonly queues: readonly string[];
}

export interface DeclareOptions {
  /** gives up waiting for the broker */
  readonly signal?: AbortSignal | undefined;
  /** hears of each try that failed */
  readonly onRetry?: ((error: Error) => void) | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
const backoffPolicy = { baseMs: 200, maxMs: 3_000 };

const wholeTopology: TopologyNames = {
  exchanges: topology.exchanges.map(({ name }) => name),
  queues: topology.queues.map(({ name }) => name),
};

/**
 * Declares everything of `libs/protocol`'s topology; what is there already stays as it is.
 * Tries again while no broker answers.
 * @throws Error where the broker refuses: the login, the vhost, or a name that exists with other arguments
 */
export async function declareTopology(url: string, { signal, onRetry }: DeclareOptions = {}): Promise<void> {
  const backoff = new Backoff(backoffPolicy);
  for (;;) {
    let model: ChannelModel | undefined;
    try {
      model = await connectOnce(url);
      return await declareOn(model);
    } catch (thrown) {
      const error = toError(thrown);
      if (isRefusal(error)) throw error;
      onRetry?.(error);
    } finally {
      await model?.close().catch(() => undefined);
    }
    await delay(backoff.next(), undefined, { signal });
  }
}

/** An AMQP reply code (406 …) is an answer; refused logins and vhosts carry no code in amqplib, only these words. */
const isRefusal = (error: Error): boolean =>
  ('code' in error && typeof error.code === 'number') || error.message.startsWith('Handshake terminated by server');

async function declareOn(model: ChannelModel): Promise<void> {
  const channel = await model.createChannel();
  // The rejected call says the same, with the place where it happened.
  channel.on('error', () => undefined);
  for (const { name, type } of topology.exchanges) await channel.assertExchange(name, type, { durable: true });
  for (const queue of topology.queues) {
    await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments });
  }
  for (const { exchange, queue, routingKey } of topology.bindings) {
    await channel.bindQueue(queue, exchange, routingKey);
  }
  await channel.close();
}

/** @throws StepwireError `unavailable` that names everything that is missing; what `connect` throws */
export async function checkTopology(url: string, names: TopologyNames = wholeTopology): Promise<void> {
  const model = await connectOnce(url);
  try {
    const missing = await missingFrom(model, names);
    if (missing.length === 0) return;
    const list = missing.join(', ');
    throw new StepwireError('unavailable', `missing on RabbitMQ: ${list}; \`npm run topology\` declares it`);
  } finally {
    await model.close().catch(() => undefined);
  }
}

/** @returns e.g. `['queue executor.steps']` */
export async function missingFrom(model: ChannelModel, names: TopologyNames): Promise<string[]> {
  const missing: string[] = [];
  for (const name of names.exchanges) if (!(await exists(model, 'exchange', name))) missing.push(`exchange ${name}`);
  for (const name of names.queues) if (!(await exists(model, 'queue', name))) missing.push(`queue ${name}`);
  return missing;
}

/** A channel for each: asking for a name that is not there closes it. */
async function exists(model: ChannelModel, kind: 'exchange' | 'queue', name: string): Promise<boolean> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  try {
    if (kind === 'exchange') await channel.checkExchange(name);
    else await channel.checkQueue(name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 404) return false;
    throw error;
  }
  await channel.close();
  return true;
}

async function connectOnce(url: string): Promise<ChannelModel> {
  const model = await connect(url, { noDelay: true, timeout: CONNECT_TIMEOUT_MS });
  // What goes wrong rejects the call that is under way.
  model.on('error', () => undefined);
  return model;
}
