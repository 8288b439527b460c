import { randomUUID } from 'node:crypto';
import type { Logger } from '@stepwire/observability';
import { instanceQueueArguments, StepwireError } from '@stepwire/protocol';
import type { Channel } from 'amqplib';
import { AmqpDelivery } from './amqp-delivery.ts';
import type { Link } from './link.ts';
import type { Consumer, Delivery } from './message.ts';
import { type Lane, SupervisedChannel } from './supervised-channel.ts';

export interface BindingKey {
  readonly exchange: string;
  readonly routingKey: string;
}

export interface InstanceQueueOptions {
  /** first part of the queue's name: the broker user may declare `<service>.<uuid>` */
  readonly service: string;
  readonly bindings?: readonly BindingKey[] | undefined;
  /** must not throw */
  readonly onMessage: (delivery: Delivery) => void;
  /**
   * A new queue replaced a lost one and has all its bindings; called before its first message. What was published in between
   * is missing. Must not throw.
   */
  readonly onReset?: (() => void) | undefined;
}

export interface InstanceQueue extends Consumer {
  /** the name on this connection; undefined while there is none */
  readonly name: string | undefined;
  /**
   * Counted: bound while there are more `bind` than `unbind`. Resolves when it is in place: what is published from now on
   * arrives.
   * @throws StepwireError `unavailable` after 10 s; that bind then does not count
   */
  bind(exchange: string, routingKey: string): Promise<void>;
  unbind(exchange: string, routingKey: string): void;
}

const BIND_DEADLINE_MS = 10_000;

interface Bound extends BindingKey {
  /** `bind`s minus `unbind`s */
  wanted: number;
  /** on the present lane */
  inPlace: boolean;
  /** an operation is under way on the present lane */
  busy: boolean;
  /** of `bind`s that are not in place yet */
  readonly waiting: Set<() => void>;
}

/**
 * A queue of this process alone, under a new name per channel: the broker may still hold the old one for a while after a cut.
 * Per key one operation at a time; when it is done, what is wanted is compared again.
 */
export class CountedInstanceQueue implements InstanceQueue {
  readonly #channel: SupervisedChannel;
  readonly #bindings = new Map<string, Bound>();
  #lane: Lane | undefined;
  #name: string | undefined;
  #made = 0;

  constructor(link: Link, options: InstanceQueueOptions, logger: Logger) {
    for (const { exchange, routingKey } of options.bindings ?? []) this.#entry(exchange, routingKey).wanted++;
    this.#channel = new SupervisedChannel<Channel>(
      link,
      {
        what: `instance queue of ${options.service}`,
        open: (model) => model.createChannel(),
        setUp: (lane) => this.#setUp(lane, options),
        onDown: () => {
          this.#lane = undefined;
          this.#name = undefined;
          for (const bound of this.#bindings.values()) {
            bound.inPlace = false;
            bound.busy = false;
          }
        },
      },
      logger,
    );
  }

  get name(): string | undefined {
    return this.#name;
  }

  bind(exchange: string, routingKey: string): Promise<void> {
    const bound = this.#entry(exchange, routingKey);
    bound.wanted++;
    if (bound.inPlace && !bound.busy) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      bound.waiting.delete(done);
      this.unbind(exchange, routingKey);
      reject(new StepwireError('unavailable', `no binding to ${exchange} ${routingKey} within ${BIND_DEADLINE_MS} ms`));
    }, BIND_DEADLINE_MS);
    bound.waiting.add(done);
    this.#reconcile(bound);
    return promise;
  }

  unbind(exchange: string, routingKey: string): void {
    const bound = this.#bindings.get(keyOf(exchange, routingKey));
    if (bound === undefined || bound.wanted === 0) return;
    bound.wanted--;
    this.#reconcile(bound);
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #setUp(lane: Lane, { service, onMessage, onReset }: InstanceQueueOptions): Promise<void> {
    const name = `${service}.${randomUUID()}`;
    await lane.channel.assertQueue(name, {
      exclusive: true,
      durable: false,
      // goes with its channel, not only with its connection
      autoDelete: true,
      arguments: instanceQueueArguments,
    });
    this.#name = name;
    this.#lane = lane;
    await Promise.all([...this.#bindings.values()].map((bound) => this.#operate(bound, lane)));
    if (!lane.alive) return;
    if (this.#made++ > 0) onReset?.();
    const onDelivery = (message: Parameters<Parameters<Channel['consume']>[1]>[0]) => {
      if (message === null) this.#channel.abandon(lane, new Error('the broker cancelled the consumer'));
      else if (lane.alive) onMessage(new AmqpDelivery(message));
    };
    await lane.channel.consume(name, onDelivery, { noAck: true });
  }

  #entry(exchange: string, routingKey: string): Bound {
    const key = keyOf(exchange, routingKey);
    let bound = this.#bindings.get(key);
    if (bound === undefined) {
      bound = { exchange, routingKey, wanted: 0, inPlace: false, busy: false, waiting: new Set() };
      this.#bindings.set(key, bound);
    }
    return bound;
  }

  /** A failure closes the channel; the next one starts over with all bindings. */
  #reconcile(bound: Bound): void {
    if (this.#lane !== undefined && !bound.busy) this.#operate(bound, this.#lane).catch(() => undefined);
  }

  /** Brings one key to what is wanted, however often that changes meanwhile. */
  async #operate(bound: Bound, lane: Lane): Promise<void> {
    while (lane.alive && bound.wanted > 0 !== bound.inPlace) {
      const wanted = bound.wanted > 0;
      bound.busy = true;
      const queue = this.#name ?? '';
      if (wanted) await lane.channel.bindQueue(queue, bound.exchange, bound.routingKey);
      else await lane.channel.unbindQueue(queue, bound.exchange, bound.routingKey);
      if (!lane.alive) return;
      bound.inPlace = wanted;
      bound.busy = false;
    }
    if (!lane.alive) return;
    if (bound.wanted === 0) this.#bindings.delete(keyOf(bound.exchange, bound.routingKey));
    // Also where nobody wants it any more: who took back a bind does not wait for it.
    for (const done of bound.waiting) done();
    bound.waiting.clear();
  }
}

const keyOf = (exchange: string, routingKey: string): string => `${exchange} ${routingKey}`;
