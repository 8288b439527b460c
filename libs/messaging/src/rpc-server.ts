import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@stepwire/observability';
import { parseRequest, type RpcMethod, type RpcRequest, StepwireError } from '@stepwire/protocol';
import type { Channel, ConsumeMessage } from 'amqplib';
import { AmqpDelivery } from './amqp-delivery.ts';
import type { Link } from './link.ts';
import * as log from './log.ts';
import type { Consumer, Delivery, OutgoingMessage } from './message.ts';
import { type Lane, SupervisedChannel } from './supervised-channel.ts';

export interface RpcServerOptions {
  /** requests worked on at once; default 64 */
  readonly concurrency?: number | undefined;
  /** what may be asked on this queue; default everything */
  readonly methods?: readonly RpcMethod[] | undefined;
}

/** A thrown StepwireError is the reply `{ok: false, error}`; anything else is logged and answered `unavailable`. */
export type RpcHandler = (request: RpcRequest, delivery: Delivery) => Promise<unknown>;

const CLOSE_WAIT_MS = 3_000;
/** A queue whose node is down is not found until that is back: then everybody waits for us, and looking costs next to nothing. */
const LOOK_EVERY_MS = 2_000;

/**
 * Questions from a queue, answers to the asker's direct reply-to address
 * (https://www.rabbitmq.com/docs/direct-reply-to) through the default exchange.
 *
 * 1. A request is acknowledged after its answer: one that a dying process held is answered by another. A repeat does no
 *    harm, because commands carry an id (design §3).
 * 2. Nothing is answered after a request's time: nobody waits for it any more. Its time in the queue is the broker's to watch
 *    (`expiration`), from delivery on it counts here; wall clocks play no part, since those of two machines may differ by hours.
 */
export class RpcServer implements Consumer {
  readonly #queue: string;
  readonly #handler: RpcHandler;
  readonly #methods: ReadonlySet<RpcMethod> | undefined;
  readonly #reply: (message: OutgoingMessage) => void;
  readonly #logger: Logger;
  readonly #channel: SupervisedChannel;
  readonly #running = new Set<Promise<void>>();
  #lane: { readonly lane: Lane; readonly consumerTag: string } | undefined;

  constructor(
    link: Link,
    queue: string,
    handler: RpcHandler,
    { concurrency = 64, methods }: RpcServerOptions,
    reply: (message: OutgoingMessage) => void,
    logger: Logger,
  ) {
    this.#queue = queue;
    this.#handler = handler;
    this.#methods = methods === undefined ? undefined : new Set(methods);
    this.#reply = reply;
    this.#logger = logger;
    this.#channel = new SupervisedChannel<Channel>(
      link,
      {
        what: `questions on ${queue}`,
        open: (model) => model.createChannel(),
        setUp: async (lane) => {
          await lane.channel.prefetch(concurrency);
          const { consumerTag } = await lane.channel.consume(queue, (message) => this.#receive(lane, message));
          this.#lane = { lane, consumerTag };
        },
        onDown: () => {
          this.#lane = undefined;
        },
        maxBackoffMs: LOOK_EVERY_MS,
      },
      logger,
    );
  }

  async close(): Promise<void> {
    // Order means nothing here, so the consumer is cancelled and what runs may finish.
    if (this.#lane !== undefined) await this.#lane.lane.channel.cancel(this.#lane.consumerTag).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.#running), delay(CLOSE_WAIT_MS, undefined, { ref: false })]);
    await this.#channel.close();
  }

  #receive(lane: Lane, message: ConsumeMessage | null): void {
    if (message === null) {
      this.#channel.abandon(lane, new Error('the broker cancelled the consumer'));
      return;
    }
    if (!lane.alive) return;
    const answered = this.#answer(new AmqpDelivery(message)).then(() => {
      this.#running.delete(answered);
      if (lane.alive) lane.channel.ack(message);
    });
    this.#running.add(answered);
  }

  /** Never rejects. */
  async #answer(delivery: Delivery): Promise<void> {
    const deliveredAt = performance.now();
    let timeoutMs = Number.POSITIVE_INFINITY;
    let body: string;
    try {
      const request = parseRequest(delivery.body);
      ({ timeoutMs } = request);
      if (this.#methods?.has(request.method) === false) {
        const text = `${request.method} is not answered on ${this.#queue}`;
        throw new StepwireError('bad_request', text, { path: '/method' });
      }
      const result = (await this.#handler(request, delivery)) ?? null;
      body = JSON.stringify({ ok: true, result });
    } catch (error) {
      if (!(error instanceof StepwireError)) log.handlerFailed(this.#logger, this.#queue, error);
      const known = error instanceof StepwireError ? error : new StepwireError('unavailable', 'internal error');
      body = JSON.stringify({ ok: false, error: known.toBody() });
    }
    const { replyTo, correlationId } = delivery;
    if (replyTo === undefined || performance.now() - deliveredAt >= timeoutMs) return;
    this.#reply({ exchange: '', routingKey: replyTo, correlationId, body, persistent: false });
  }
}
