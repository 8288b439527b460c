/** A message to publish. */
export interface OutgoingMessage {
  /** '' is the default exchange: `routingKey` is the queue's name or a direct reply-to address */
  readonly exchange: string;
  readonly routingKey: string;
  /** UTF-8 JSON, as everything on our wires */
  readonly body: Buffer | string;
  readonly messageId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly appId?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** written to disk by durable queues; default true */
  readonly persistent?: boolean | undefined;
}

export interface PublishMessage extends OutgoingMessage {
  /** a message that no queue takes is refused; default true */
  readonly mandatory?: boolean | undefined;
  /** ms until the publish is given up, at most and by default `periods.publishDeadlineMs` */
  readonly deadlineMs?: number | undefined;
}

/** A message that came in. Properties are read when they are asked for. */
export interface Delivery {
  readonly body: Buffer;
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly messageId: string | undefined;
  readonly appId: string | undefined;
  /** the broker user that published it, where the publisher said so (RabbitMQ checks it) */
  readonly userId: string | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  /** it was delivered before, maybe to somebody else */
  readonly redelivered: boolean;
  /**
   * All three settle on the channel that delivered it, once. `false`: nothing was settled, because that channel is gone (the
   * broker delivers it again), it was settled before, or the consumer settles by itself (batches, instance queues, RPC).
   */
  ack(): boolean;
  /** back to the queue (default), or with `requeue: false` to its dead letters */
  nack(options?: { readonly requeue?: boolean }): boolean;
  /** to the queue's dead letters */
  reject(): boolean;
}

export interface Consumer {
  /** Finishes what runs, settles it and closes the channel; what was not begun goes back to the queue in order. */
  close(): Promise<void>;
}
