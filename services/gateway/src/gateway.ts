import { randomUUID } from 'node:crypto';
import { Broker, type InstanceQueue, type RpcClient, rpcClient } from '@stepwire/messaging';
import type { Logger } from '@stepwire/observability';
import { exchanges, periods, type RpcMethod, type RpcParams, type RpcResults, StepwireError } from '@stepwire/protocol';
import { RoomAudience } from './audience.ts';
import { parseFeed } from './coordinator-answers.ts';
import { Feeds } from './feeds.ts';
import type { Coordinator } from './history.ts';
import { log } from './log.ts';
import { Rooms } from './rooms.ts';
import { bindingOfRequest, bindingOfUser, ShardBindings } from './shard-bindings.ts';

export interface Readiness {
  readonly ready: boolean;
  /** of `broker`, `coordinator`, `planner`, `executor` */
  readonly missing: readonly string[];
}

/** how long a client waits until a coordinator that is away is `unavailable` (ms) */
const ANSWER_WITHIN_MS = 5_000;
/** a cut that is mended within this (ms) is no reason to refuse a join */
const RECONNECT_WITHIN_MS = 2_000;
/** how long `/ready` waits for the coordinator (ms) */
const READY_TIMEOUT_MS = 2_000;

/** The gateway's end of RabbitMQ: questions to the coordinator, and the rooms that its feed keeps going. */
export class Gateway {
  readonly rooms: Rooms<RoomAudience>;
  readonly feeds: Feeds;
  readonly coordinator: Coordinator = { call: (method, params) => this.ask(method, params) };
  readonly #broker: Broker;
  readonly #rpc: RpcClient;
  readonly #queue: InstanceQueue;
  readonly #shards: ShardBindings;
  readonly #logger: Logger;
  readonly #heal: NodeJS.Timeout;

  constructor(amqpUrl: string, logger: Logger) {
    this.#logger = logger;
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
        const feed = parseFeed(body);
        if (feed === null) log.oddFeed(logger);
        else {
          this.rooms.feed(feed);
          this.feeds.feed(feed);
        }
      },
      onReset: () => this.#healRooms(true),
    });
    this.#shards = new ShardBindings(this.#queue);
    const after = (ms: number, again: () => void) => void setTimeout(again, ms).unref();
    this.rooms = new Rooms({
      coordinator: this.coordinator,
      shards: {
        hold: (requestId) => this.#hold(bindingOfRequest(requestId)),
        release: (requestId) => this.#shards.release(bindingOfRequest(requestId)),
      },
      audience: (requestId) => new RoomAudience(requestId),
      after,
    });
    this.feeds = new Feeds({
      coordinator: this.coordinator,
      hold: (owner) => this.#hold(bindingOfUser(owner)),
      release: (owner) => this.#shards.release(bindingOfUser(owner)),
      after,
    });
    // a last message that was lost shows in nothing but the head
    this.#heal = setInterval(() => this.#healRooms(false), periods.heartbeatMs);
  }

  /** @throws StepwireError the coordinator's refusal, or `unavailable` */
  ask<M extends RpcMethod>(method: M, params: RpcParams[M], timeoutMs = ANSWER_WITHIN_MS): Promise<RpcResults[M]> {
    return this.#rpc.call(method, params, { timeoutMs });
  }

  /**
   * A command. Where the connection was lost before the answer came, it is repeated once under the same id, so that it has
   * no second effect and gets its first answer.
   * @throws StepwireError the coordinator's refusal, or `unavailable`
   */
  async command<M extends 'start' | 'cancel' | 'feedback' | 'share' | 'unshare'>(
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

  async close(): Promise<void> {
    clearInterval(this.#heal);
    this.#shards.close();
    await this.#queue.close();
    await this.#rpc.close();
    await this.#broker.close();
  }

  /** Whoever joins while the broker stays away is told so soon, and tried for again. @throws StepwireError `unavailable` */
  async #hold(binding: string): Promise<void> {
    if (!this.#reachable()) await this.#reconnected();
    if (!this.#reachable()) throw new StepwireError('unavailable', 'the broker cannot be reached');
    await this.#shards.hold(binding);
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

  #healRooms(all: boolean): void {
    Promise.all([this.rooms.heal(all), this.feeds.heal(all)]).catch((error: unknown) =>
      log.healFailed(this.#logger, error),
    );
  }
}
