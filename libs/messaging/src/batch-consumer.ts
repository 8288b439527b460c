import type { Logger } from '@stepwire/observability';
import type { Channel, ConsumeMessage } from 'amqplib';
import { AmqpDelivery } from './amqp-delivery.ts';
import type { Link } from './link.ts';
import { toError } from './link.ts';
import * as log from './log.ts';
import type { Consumer, Delivery } from './message.ts';
import { type Lane, SupervisedChannel } from './supervised-channel.ts';

export interface BatchOptions {
  /** unacknowledged messages the broker sends ahead */
  readonly prefetch: number;
  /** messages handed over at once, at most */
  readonly maxBatch: number;
  /**
   * ms after which the channel of a handler that is not done is closed, so that another consumer gets the messages;
   * default 60,000. This process consumes again when the handler has ended.
   */
  readonly handlerTimeoutMs?: number | undefined;
}

/** A throw (or the timeout) closes the channel: nothing of this batch is acknowledged, all of it is delivered again. */
export type BatchHandler = (batch: Delivery[]) => Promise<void>;

/**
 * 1. One handler at a time, over reconnects too: a new channel is opened only when the handler of the old one has ended.
 * 2. Batches form by themselves: what arrives while a handler runs is the next batch; nothing waits for a timer.
 * 3. One `basic.ack` with `multiple` per batch, on the lane that delivered it.
 * 4. Order stays: a failed batch closes the channel, which puts everything unacknowledged back in its place. A
 *    `basic.cancel` or a requeue of some would reorder.
 */
export class BatchConsumer implements Consumer {
  readonly #queue: string;
  readonly #maxBatch: number;
  readonly #handlerTimeoutMs: number;
  readonly #handler: BatchHandler;
  readonly #logger: Logger;
  readonly #channel: SupervisedChannel;
  #waiting: ConsumeMessage[] = [];
  #running: Promise<void> | undefined;
  #closing = false;

  constructor(link: Link, queue: string, options: BatchOptions, handler: BatchHandler, logger: Logger) {
    this.#queue = queue;
    this.#maxBatch = options.maxBatch;
    this.#handlerTimeoutMs = options.handlerTimeoutMs ?? 60_000;
    this.#handler = handler;
    this.#logger = logger;
    this.#channel = new SupervisedChannel<Channel>(
      link,
      {
        what: `batches of ${queue}`,
        open: (model) => model.createChannel(),
        before: () => this.#running,
        setUp: async (lane) => {
          await lane.channel.prefetch(options.prefetch);
          await lane.channel.consume(queue, (message) => this.#receive(lane, message));
        },
        onDown: () => {
          this.#waiting = [];
        },
      },
      logger,
    );
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#running;
    await this.#channel.close();
  }

  #receive(lane: Lane, message: ConsumeMessage | null): void {
    if (message === null) {
      this.#channel.abandon(lane, new Error('the broker cancelled the consumer'));
      return;
    }
    if (!lane.alive || this.#closing) return;
    this.#waiting.push(message);
    if (this.#running !== undefined) return;
    // amqplib dispatches all frames of a chunk in one go; a microtask later they are one batch.
    this.#running = Promise.resolve()
      .then(() => this.#work(lane))
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #work(lane: Lane): Promise<void> {
    while (lane.alive && !this.#closing) {
      const batch = this.#take();
      const last = batch.at(-1);
      if (last === undefined) return;
      const timer = setTimeout(
        () => this.#channel.abandon(lane, new Error(`the handler took longer than ${this.#handlerTimeoutMs} ms`)),
        this.#handlerTimeoutMs,
      );
      try {
        await this.#handler(batch.map((message) => new AmqpDelivery(message)));
      } catch (error) {
        log.batchFailed(this.#logger, this.#queue, batch.length, error);
        this.#channel.abandon(lane, toError(error));
        return;
      } finally {
        clearTimeout(timer);
      }
      if (lane.alive) {
        lane.channel.ack(last, true);
        this.#channel.worked();
      }
    }
  }

  #take(): ConsumeMessage[] {
    if (this.#waiting.length > this.#maxBatch) return this.#waiting.splice(0, this.#maxBatch);
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }
}
