import { randomUUID } from 'node:crypto';
import { Broker, type InstanceQueue, type RpcClient, rpcClient } from '@stepwire/messaging';
import type { Logger } from '@stepwire/observability';
import { exchanges, type RpcMethod, type RpcParams, type RpcResults, StepwireError } from '@stepwire/protocol';
import { parseFeed } from './coordinator-answers.ts';
import { log } from './log.ts';
import { ShardBindings } from './shard-bindings.ts';
import type { CommandMethod, Hearing, Readiness, Upstream } from './upstream.ts';

/** how long a client waits until a coordinator that is away is `unavailable` (ms) */
const ANSWER_WITHIN_MS = 5_000;
/** a cut that is mended within this (ms) is no reason to refuse a join */
const RECONNECT_WITHIN_MS = 2_000;
/** how long `/ready` waits for the coordinator (ms) */
const READY_TIMEOUT_MS = 2_000;

/** The gateway's end of RabbitMQ: questions to the coordinator, and the shards of its feed. */
export class RabbitMq implements Upstream {
  readonly #broker: Broker;
  readonly #rpc: RpcClient;
  readonly #queue: InstanceQueue;
  readonly #shards: ShardBindings;

  constructor(amqpUrl: string, logger: Logger, { feed, interrupted }: Hearing) {
    this.#broker = Broker.open({
      url: amqpUrl,
      name: 'gateway',
      logger,
      topology: { exchanges: [exchanges.coordinator, exchanges.requestFeed], queues: [] },
    });
    this.#rpc = rpcClient(this.#broker);
    this.#queue = this.#broker.instanceQueue({
      service: 'gateway',
      onMessage: ({ body }) => {
        const message = parseFeed(body);
        if (message === null) log.oddFeed(logger);
        else feed(message);
      },
      onReset: interrupted,
    });
    this.#shards = new ShardBindings(this.#queue);
  }

  ask<M extends RpcMethod>(method: M, params: RpcParams[M], timeoutMs = ANSWER_WITHIN_MS): Promise<RpcResults[M]> {
    return this.#rpc.call(method, params, { timeoutMs });
  }

  async command<M extends CommandMethod>(
    method: M,
    params: RpcParams[M],
    commandId: string = randomUUID(),
  ): Promise<RpcResults[M]> {
    const options = { commandId, timeoutMs: ANSWER_WITHIN_MS };
    try {
      return await this.#rpc.call(method, params, options);
    } catch (error) {
      if (this.#reachable()) throw error;
      await this.#reconnected();
      if (!this.#reachable()) throw error;
      return this.#rpc.call(method, params, options);
    }
  }

  async readiness(): Promise<Readiness> {
    const missing: string[] = [];
    if (this.#broker.status() !== 'ready') missing.push('broker');
    try {
      const { agents } = await this.ask('health', {}, READY_TIMEOUT_MS);
      for (const role of ['planner', 'executor']) if (!agents[role]) missing.push(role);
    } catch {
      // whatever it is that keeps the coordinator from answering: it can't serve
      missing.push('coordinator', 'planner', 'executor');
    }
    return { ready: missing.length === 0, missing };
  }

  /** Whoever joins while the broker stays away is told so soon, and tried for again. */
  async hold(binding: string): Promise<void> {
    if (!this.#reachable()) await this.#reconnected();
    if (!this.#reachable()) throw new StepwireError('unavailable', 'the broker cannot be reached');
    await this.#shards.hold(binding);
  }

  release(binding: string): void {
    this.#shards.release(binding);
  }

  async close(): Promise<void> {
    this.#shards.close();
    await this.#queue.close();
    await this.#rpc.close();
    await this.#broker.close();
  }

  #reachable(): boolean {
    const status = this.#broker.status();
    return status === 'ready' || status === 'blocked';
  }

  /** Ends when the broker is back, or did not come back for {@link RECONNECT_WITHIN_MS}. */
  #reconnected(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, RECONNECT_WITHIN_MS);
      const stop = this.#broker.onStatus(() => {
        if (this.#reachable()) done();
      });
    });
  }
}
