import { setTimeout as delay } from 'node:timers/promises';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { type Command, parseCommand, StepwireError } from '@stepwire/protocol';
import { isObservable, lastValueFrom } from 'rxjs';
import { AmqpContext } from './amqp-context.ts';
import { Backoff } from './backoff.ts';
import type { BatchOptions } from './batch-consumer.ts';
import type { Broker, BrokerStatus } from './broker.ts';
import type { BindingKey } from './instance-queue.ts';
import { toError } from './link.ts';
import * as log from './log.ts';
import type { Consumer, Delivery } from './message.ts';
import type { RpcServerOptions } from './rpc-server.ts';

/** Where messages come from, and which handlers get them. */
export type Source =
  /** `@EventPattern(queue)` gets `Delivery[]`, which is acknowledged when it resolves: {@link Broker.consumeBatches} */
  | ({ readonly kind: 'batch'; readonly queue: string } & BatchOptions)
  /** `@EventPattern(queue)` gets the body of the command, in `slots` calls at once, and settles it through its context */
  | { readonly kind: 'slots'; readonly queue: string; readonly slots: number }
  /** `@EventPattern(routingKey)`, e.g. `request.cancel`, gets the body of the command; there is nothing to settle */
  | {
      readonly kind: 'instance';
      readonly service: string;
      readonly bindings: readonly BindingKey[];
      readonly onReset?: (() => void) | undefined;
    }
  /** `@MessagePattern(method)` gets the parsed params; what it returns is the result in the reply */
  | ({ readonly kind: 'rpc'; readonly queue: string } & RpcServerOptions);

const slotBackoff = { baseMs: 100, maxMs: 10_000 };

/**
 * RabbitMQ as a NestJS transport (https://docs.nestjs.com/microservices/custom-transport).
 *
 * 1. A returned handler acknowledges nothing by itself, a thrown one neither (Nest's own event handling resolves both
 *    ways). Batches and questions are settled by their consumers, slots by the handler through its {@link AmqpContext}.
 * 2. A body that does not parse never reaches a handler: it goes to the dead letters with a log line.
 *
 * Give the app `StepwireErrorFilter` as a global filter: without it Nest turns every error into "Internal server error" before
 * the strategy sees it.
 */
export class AmqpStrategy
  extends Server<{ status: (status: BrokerStatus) => void }, BrokerStatus>
  implements CustomTransportStrategy
{
  override readonly transportId: symbol = Symbol('amqp');
  /** Errors come out of handlers to us, and we report them. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #broker: Broker;
  readonly #sources: readonly Source[];
  readonly #consumers: Consumer[] = [];
  readonly #stop = new AbortController();

  constructor({ broker, sources }: { readonly broker: Broker; readonly sources: readonly Source[] }) {
    super();
    this.#broker = broker;
    this.#sources = sources;
  }

  /** Begins to consume, as soon as the broker answers; calls back without waiting for that. */
  listen(callback: (error?: unknown) => void): void {
    const unhandled = this.#sources.flatMap(patternsOf).filter((pattern) => !this.messageHandlers.has(pattern));
    if (unhandled.length > 0) {
      callback(new Error(`no handler for ${unhandled.join(', ')}`));
      return;
    }
    this._status$.next(this.#broker.status());
    this.#broker.onStatus((status) => this._status$.next(status));
    for (const source of this.#sources) this.#start(source);
    callback();
  }

  /** Stops taking messages and waits for running batches and questions; what runs in slots is the service's to stop. */
  async close(): Promise<void> {
    this.#stop.abort(new StepwireError('unavailable', 'the service is stopping'));
    await Promise.all(this.#consumers.splice(0).map((consumer) => consumer.close()));
  }

  on<E extends 'status'>(_event: E, listener: (status: BrokerStatus) => void): void {
    this.#broker.onStatus(listener);
  }

  unwrap<T>(): T {
    throw new Error('the Broker that was given to the strategy is what there is to unwrap');
  }

  #start(source: Source): void {
    switch (source.kind) {
      case 'batch':
        this.#consumers.push(
          this.#broker.consumeBatches(source.queue, source, async (batch) => {
            await this.#call(source.queue, batch, new AmqpContext([batch]));
          }),
        );
        return;
      case 'slots':
        for (let slot = 0; slot < source.slots; slot++) void this.#runSlot(source.queue);
        return;
      case 'instance':
        this.#consumers.push(
          this.#broker.instanceQueue({ ...source, onMessage: (delivery) => void this.#tell(delivery) }),
        );
        return;
      case 'rpc':
        this.#consumers.push(
          this.#broker.rpcServer(
            source.queue,
            (request, delivery) => {
              const context = new AmqpContext([[delivery], request]);
              return this.#call(request.method, request.params, context);
            },
            source,
          ),
        );
        return;
    }
  }

  /** One slot: a message, its handler to the end, the next message. */
  async #runSlot(queue: string): Promise<void> {
    const { signal } = this.#stop;
    const backoff = new Backoff(slotBackoff);
    for (;;) {
      let delivery: Delivery;
      try {
        delivery = await this.#broker.takeOne(queue, signal);
      } catch {
        // Only stopping ends a take.
        return;
      }
      const command = this.#parse(queue, delivery);
      if (command === undefined) {
        delivery.reject();
        continue;
      }
      try {
        await this.#call(queue, command.body, new AmqpContext([[delivery]]));
        if (!delivery.nack()) {
          backoff.reset();
          continue;
        }
        log.leftUnsettled(this.#broker.logger, queue);
      } catch (error) {
        log.handlerFailed(this.#broker.logger, queue, error);
      }
      // Held back meanwhile, unless it was settled before the throw, so that a broken handler does not spin.
      await delay(backoff.next(), undefined, { signal }).catch(() => undefined);
      delivery.nack();
    }
  }

  async #tell(delivery: Delivery): Promise<void> {
    const pattern = delivery.routingKey;
    const command = this.#parse(pattern, delivery);
    if (command === undefined) return;
    try {
      await this.#call(pattern, command.body, new AmqpContext([[delivery]]));
    } catch (error) {
      log.handlerFailed(this.#broker.logger, pattern, error);
    }
  }

  #parse(pattern: string, delivery: Delivery): Command | undefined {
    try {
      return parseCommand(delivery.routingKey, delivery.body);
    } catch (error) {
      log.payloadRefused(this.#broker.logger, pattern, delivery.messageId, toError(error));
      return undefined;
    }
  }

  /** @throws what the handler throws */
  #call(pattern: string, payload: unknown, context: AmqpContext): Promise<unknown> {
    // By the map itself: `getHandlerByPattern` first tries the pattern as JSON, which throws for each of ours.
    const handler = this.messageHandlers.get(pattern);
    if (handler === undefined) return Promise.reject(new StepwireError('bad_request', `nobody handles ${pattern}`));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.onProcessingStartHook(this.transportId, context, async () => {
      try {
        const result: unknown = await handler(payload, context);
        resolve(isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result);
      } catch (error) {
        reject(error);
      } finally {
        this.onProcessingEndHook?.(this.transportId, context);
      }
    });
    return promise;
  }
}

/** What a source cannot do without. Questions come by many names; one that nobody handles is answered so. */
function patternsOf(source: Source): readonly string[] {
  switch (source.kind) {
    case 'batch':
    case 'slots':
      return [source.queue];
    case 'instance':
      return source.bindings.map(({ routingKey }) => routingKey);
    case 'rpc':
      return [];
  }
}
