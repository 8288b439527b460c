import type { Logger } from '@stepwire/observability';
import { StepwireError } from '@stepwire/protocol';
import type { ChannelModel } from 'amqplib';
import { Backoff } from './backoff.ts';
import { BatchConsumer, type BatchHandler, type BatchOptions } from './batch-consumer.ts';
import { CountedInstanceQueue, type InstanceQueue, type InstanceQueueOptions } from './instance-queue.ts';
import { Link, toError } from './link.ts';
import * as log from './log.ts';
import type { Consumer, Delivery, OutgoingMessage, PublishMessage } from './message.ts';
import { Publisher } from './publisher.ts';
import { RpcCaller, type RpcClient } from './rpc-caller.ts';
import { type RpcHandler, RpcServer, type RpcServerOptions } from './rpc-server.ts';
import { Sender } from './sender.ts';
import { Slots } from './slots.ts';
import { missingFrom, type TopologyNames } from './topology.ts';

export interface BrokerOptions {
  /** amqp:// or amqps:// */
  readonly url: string;
  /** shown in RabbitMQ's list of connections */
  readonly name: string;
  readonly logger: Logger;
  /** what must be there before the broker counts as ready */
  readonly topology?: TopologyNames | undefined;
}

/** `connecting` also while something of the topology is missing */
export type BrokerStatus = 'connecting' | 'ready' | 'blocked' | 'closed';

/** since the start */
export interface BrokerCounters {
  readonly published: number;
  readonly publishFailed: number;
  readonly sent: number;
  readonly sendDropped: number;
  /** connections made again */
  readonly reconnects: number;
}

// Together with closing channels and connections (1 s each at the most) under the 10 s that a stopping service has.
const CLOSE_CONSUMERS_MS = 4_000;
const DRAIN_MS = 2_000;
const checkBackoff = { baseMs: 500, maxMs: 10_000 };

/**
 * A process's RabbitMQ: two connections that come back by themselves, one to publish and one to consume, so that a broker that
 * blocks publishers (https://www.rabbitmq.com/docs/connection-blocked) does not keep acknowledgements from it.
 */
export class Broker {
  readonly logger: Logger;
  readonly #publishing: Link;
  readonly #consuming: Link;
  readonly #publisher: Publisher;
  readonly #sender: Sender;
  readonly #slots: Slots;
  readonly #consumers = new Set<Consumer>();
  readonly #listeners = new Set<(status: BrokerStatus) => void>();
  /** the consuming connection on which the topology was found whole */
  #checked: ChannelModel | undefined;
  #status: BrokerStatus = 'connecting';

  /** Returns at once and connects in the background, for as long as it takes. */
  static open(options: BrokerOptions): Broker {
    return new Broker(options);
  }

  private constructor({ url, name, logger, topology }: BrokerOptions) {
    this.logger = logger;
    this.#publishing = new Link(url, `${name} publish`, logger);
    this.#consuming = new Link(url, `${name} consume`, logger);
    const update = () => this.#update();
    this.#publisher = new Publisher(this.#publishing, logger, update);
    this.#sender = new Sender(this.#publishing, logger, update);
    this.#slots = new Slots(this.#consuming, logger);
    this.#publishing.listen({ onUp: update, onDown: update, onBlocked: update, onUnblocked: update });
    this.#consuming.listen({ onUp: (model) => void this.#check(model, topology), onDown: update });
  }

  /** @throws StepwireError `unavailable` when it is closed before it was ready */
  ready(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const settle = (status: BrokerStatus): boolean => {
      if (status === 'ready') resolve();
      if (status === 'closed') reject(new StepwireError('unavailable', 'the connection was closed by us'));
      return status === 'ready' || status === 'closed';
    };
    if (!settle(this.#status)) {
      const stop = this.onStatus((status) => {
        if (settle(status)) stop();
      });
    }
    return promise;
  }

  status(): BrokerStatus {
    return this.#status;
  }

  /** @returns stops listening */
  onStatus(listener: (status: BrokerStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  counters(): BrokerCounters {
    return {
      published: this.#publisher.published,
      publishFailed: this.#publisher.failed,
      sent: this.#sender.sent,
      sendDropped: this.#sender.dropped,
      reconnects: Math.max(0, this.#publishing.connections - 1) + Math.max(0, this.#consuming.connections - 1),
    };
  }

  /**
   * Resolves when the broker has confirmed the message; settles within its deadline whatever happens. While there is no
   * connection it waits for one.
   * @throws StepwireError `conflict` when no queue takes it (the message names exchange and key); `unavailable`: it may
   * or may not have arrived, publish it again with the same id
   */
  publish(message: PublishMessage): Promise<void> {
    return this.#publisher.publish(message);
  }

  /** Best effort, never throws. @returns false where it was dropped, which is counted */
  send(message: OutgoingMessage): boolean {
    return this.#sender.send(message);
  }

  /** Waits until every publish has settled. @returns false after `timeoutMs` */
  drain(timeoutMs: number): Promise<boolean> {
    return this.#publisher.drain(timeoutMs);
  }

  /** See {@link BatchConsumer}. */
  consumeBatches(queue: string, options: BatchOptions, handler: BatchHandler): Consumer {
    return this.#own(new BatchConsumer(this.#consuming, queue, options, handler, this.logger));
  }

  /**
   * One message and no more: the consumer is cancelled upon delivery. Settling it frees its channel. Waits as long as it takes,
   * over reconnects too.
   * @throws the signal's reason; StepwireError `unavailable` when the broker is closed
   */
  takeOne(queue: string, signal: AbortSignal): Promise<Delivery> {
    return this.#slots.take(queue, signal);
  }

  /** A queue of this process alone: exclusive, bounded, without acknowledgements. */
  instanceQueue(options: InstanceQueueOptions): InstanceQueue {
    return this.#own(new CountedInstanceQueue(this.#consuming, options, this.logger));
  }

  /** See {@link RpcServer}. */
  rpcServer(queue: string, handler: RpcHandler, options: RpcServerOptions = {}): Consumer {
    const reply = (message: OutgoingMessage) => this.send(message);
    return this.#own(new RpcServer(this.#consuming, queue, handler, options, reply, this.logger));
  }

  /** See {@link RpcClient}. */
  rpcClient(): RpcClient {
    return this.#own(new RpcCaller(this.#publishing, this.logger));
  }

  /** Closes consumers (what runs may finish, for 4 s), drains publishes for 2 s, closes the connections; 8 s at the most. */
  async close(): Promise<void> {
    if (this.#status === 'closed') return;
    this.#setStatus('closed');
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_CONSUMERS_MS);
    const consumers = Promise.allSettled([...this.#consumers].map((consumer) => consumer.close()));
    await Promise.race([Promise.all([consumers, this.#slots.close()]), promise]);
    clearTimeout(timer);
    await this.#publisher.drain(DRAIN_MS);
    await Promise.all([this.#publisher.close(), this.#sender.close()]);
    await Promise.all([this.#publishing.close(), this.#consuming.close()]);
  }

  /** Keeps a consumer until it is closed, by who asked for it or with the broker. */
  #own<C extends Consumer>(consumer: C): C {
    this.#consumers.add(consumer);
    const close = consumer.close.bind(consumer);
    consumer.close = () => {
      this.#consumers.delete(consumer);
      return close();
    };
    return consumer;
  }

  /** Looks for the topology on each new connection, until it is whole. */
  async #check(model: ChannelModel, names: TopologyNames | undefined): Promise<void> {
    const backoff = new Backoff(checkBackoff);
    while (this.#consuming.model === model) {
      try {
        const missing = names === undefined ? [] : await missingFrom(model, names);
        if (missing.length === 0) {
          this.#checked = model;
          return this.#update();
        }
        const retryInMs = backoff.next();
        log.topologyMissing(this.logger, missing, retryInMs);
        await this.#pause(retryInMs);
      } catch (error) {
        // The connection went while it was asked; the next one is checked anew.
        this.logger.debug({ err: toError(error) }, 'topology not checked');
        await this.#pause(backoff.next());
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void setTimeout(resolve, ms).unref());
  }

  #update(): void {
    if (this.#status === 'closed') return;
    // Each connection has got as far as its channels: right after `ready` nothing that is sent is dropped.
    const consumes = this.#checked !== undefined && this.#checked === this.#consuming.model;
    const { model } = this.#publishing;
    const publishes =
      model !== undefined && [this.#publisher, this.#sender].every(({ openedOn }) => openedOn === model);
    if (!consumes || !publishes) this.#setStatus('connecting');
    else this.#setStatus(this.#publishing.blocked === undefined ? 'ready' : 'blocked');
  }

  #setStatus(status: BrokerStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    for (const listener of [...this.#listeners]) listener(status);
  }
}
