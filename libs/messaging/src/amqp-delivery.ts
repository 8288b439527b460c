import type { ConsumeMessage } from 'amqplib';
import type { Delivery } from './message.ts';

/** Settles one message. @returns false where its channel is gone or it was settled before */
export type Settle = (how: 'ack' | 'requeue' | 'reject') => boolean;

const noHeaders: Readonly<Record<string, unknown>> = Object.freeze({});
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A thin view of amqplib's message: one small object per message, nothing copied. */
export class AmqpDelivery implements Delivery {
  readonly #message: ConsumeMessage;
  readonly #settle: Settle | undefined;

  /** @param settle absent: the consumer settles by itself */
  constructor(message: ConsumeMessage, settle?: Settle) {
    this.#message = message;
    this.#settle = settle;
  }

  get body(): Buffer {
    return this.#message.content;
  }
  get exchange(): string {
    return this.#message.fields.exchange;
  }
  get routingKey(): string {
    return this.#message.fields.routingKey;
  }
  get redelivered(): boolean {
    return this.#message.fields.redelivered;
  }
  get headers(): Readonly<Record<string, unknown>> {
    return this.#message.properties.headers ?? noHeaders;
  }
  get messageId(): string | undefined {
    return text(this.#message.properties.messageId);
  }
  get appId(): string | undefined {
    return text(this.#message.properties.appId);
  }
  get userId(): string | undefined {
    return text(this.#message.properties.userId);
  }
  get correlationId(): string | undefined {
    return text(this.#message.properties.correlationId);
  }
  get replyTo(): string | undefined {
    return text(this.#message.properties.replyTo);
  }

  ack(): boolean {
    return this.#settle?.('ack') ?? false;
  }
  nack({ requeue = true }: { readonly requeue?: boolean } = {}): boolean {
    return this.#settle?.(requeue ? 'requeue' : 'reject') ?? false;
  }
  reject(): boolean {
    return this.#settle?.('reject') ?? false;
  }
}
