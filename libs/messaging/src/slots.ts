import { randomUUID } from 'node:crypto';
import type { Logger } from '@stepwire/observability';
import { StepwireError } from '@stepwire/protocol';
import type { Channel, ConsumeMessage } from 'amqplib';
import { AmqpDelivery } from './amqp-delivery.ts';
import type { Link } from './link.ts';
import type { Delivery } from './message.ts';
import { type Lane, SupervisedChannel } from './supervised-channel.ts';

/**
 * One message at a time, asked for one by one (design §5, "A slot works so"): prefetch 1, and the consumer is cancelled upon
 * delivery, so that a busy process holds nothing that an idle one could do.
 *
 * 1. A slot has one taker at a time; it is free again when its message is settled or its channel is gone.
 * 2. `basic.cancel` leaves before the acknowledgement on the same channel, so no second message can follow the first.
 * 3. A message that arrives after its taker gave up goes back to the queue.
 */
type Occupation =
  | { readonly kind: 'free' }
  | {
      readonly kind: 'taking';
      readonly queue: string;
      readonly tag: string;
      readonly deliver: (delivery: Delivery) => void;
      readonly fail: (error: Error) => void;
    }
  | { readonly kind: 'cancelling' }
  | { readonly kind: 'delivered' };

class Slot {
  readonly #channel: SupervisedChannel;
  readonly #onFree: (slot: Slot) => void;
  #lane: Lane | undefined;
  #occupation: Occupation = { kind: 'free' };

  constructor(link: Link, logger: Logger, onFree: (slot: Slot) => void) {
    this.#onFree = onFree;
    this.#channel = new SupervisedChannel<Channel>(
      link,
      {
        what: 'a slot',
        open: (model) => model.createChannel(),
        setUp: async (lane) => {
          await lane.channel.prefetch(1);
          this.#lane = lane;
          await this.#consume(lane);
        },
        onDown: () => {
          this.#lane = undefined;
          if (this.#occupation.kind !== 'taking') this.#free();
        },
      },
      logger,
    );
  }

  take(queue: string, signal: AbortSignal): Promise<Delivery> {
    const { promise, resolve, reject } = Promise.withResolvers<Delivery>();
    const tag = randomUUID();
    const onAbort = () => {
      if (this.#occupation.kind === 'taking' && this.#occupation.tag === tag) void this.#giveUp(tag);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#occupation = {
      kind: 'taking',
      queue,
      tag,
      deliver: (delivery) => {
        signal.removeEventListener('abort', onAbort);
        resolve(delivery);
      },
      fail: (error) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    };
    // A refusal closes the channel; its next opening consumes for the taker who still waits.
    if (this.#lane !== undefined) this.#consume(this.#lane).catch(() => undefined);
    return promise;
  }

  async close(): Promise<void> {
    const occupation = this.#occupation;
    if (occupation.kind === 'taking')
      occupation.fail(new StepwireError('unavailable', 'the connection was closed by us'));
    this.#occupation = { kind: 'delivered' };
    await this.#channel.close();
  }

  async #consume(lane: Lane): Promise<void> {
    if (this.#occupation.kind !== 'taking') return;
    const { queue, tag } = this.#occupation;
    await lane.channel.consume(queue, (message) => this.#receive(lane, tag, message), { consumerTag: tag });
  }

  #receive(lane: Lane, tag: string, message: ConsumeMessage | null): void {
    if (message === null) {
      this.#channel.abandon(lane, new Error('the broker cancelled the consumer'));
      return;
    }
    if (!lane.alive) return;
    const occupation = this.#occupation;
    if (occupation.kind !== 'taking' || occupation.tag !== tag) {
      lane.channel.nack(message, false, true);
      return;
    }
    this.#channel.worked();
    this.#occupation = { kind: 'delivered' };
    // Fails only where the channel is gone, and the consumer with it.
    lane.channel.cancel(tag).catch(() => undefined);
    let settled = false;
    occupation.deliver(
      new AmqpDelivery(message, (how) => {
        if (settled || !lane.alive) return false;
        settled = true;
        if (how === 'ack') lane.channel.ack(message);
        else lane.channel.nack(message, false, how === 'requeue');
        this.#free();
        return true;
      }),
    );
  }

  async #giveUp(tag: string): Promise<void> {
    const lane = this.#lane;
    this.#occupation = { kind: 'cancelling' };
    try {
      await lane?.channel.cancel(tag);
    } catch {
      // The channel is gone, and the consumer with it; `onDown` has freed the slot.
      return;
    }
    if (this.#occupation.kind === 'cancelling' && this.#lane === lane) this.#free();
  }

  #free(): void {
    if (this.#occupation.kind === 'free') return;
    this.#occupation = { kind: 'free' };
    this.#onFree(this);
  }
}

/** As many channels as there are messages taken at once; they are used again and again. */
export class Slots {
  readonly #link: Link;
  readonly #logger: Logger;
  readonly #all = new Set<Slot>();
  readonly #free: Slot[] = [];
  #closed = false;

  constructor(link: Link, logger: Logger) {
    this.#link = link;
    this.#logger = logger;
  }

  take(queue: string, signal: AbortSignal): Promise<Delivery> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#closed) return Promise.reject(new StepwireError('unavailable', 'the connection was closed by us'));
    return (this.#free.pop() ?? this.#add()).take(queue, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((slot) => slot.close()));
  }

  #add(): Slot {
    const slot = new Slot(this.#link, this.#logger, (free) => this.#free.push(free));
    this.#all.add(slot);
    return slot;
  }
}
