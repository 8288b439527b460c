import type { Logger } from '@stepwire/observability';
import { periods, StepwireError } from '@stepwire/protocol';
import { type ChannelModel, type ConfirmChannel, IllegalOperationError, type Message, type Options } from 'amqplib';
import type { Link } from './link.ts';
import type { OutgoingMessage, PublishMessage } from './message.ts';
import { type Lane, SupervisedChannel } from './supervised-channel.ts';

/**
 * Publishing with confirms (https://www.rabbitmq.com/docs/confirms).
 *
 * 1. Every publish settles within its deadline, whatever the broker does.
 * 2. It resolves only upon the broker's `basic.ack`; a quorum queue acks when a majority has the message on disk.
 * 3. A message that no queue takes comes back (`mandatory`) before its ack: that publish is rejected by name.
 * 4. At most `MAX_IN_FLIGHT` are on their way; the rest wait here, at most `MAX_WAITING`, also while there is no connection.
 * 5. When the channel is lost or the broker blocks publishers, what is on its way is rejected at once: it may or may not
 *    have arrived, only a repeat with the same id knows.
 */
const MAX_IN_FLIGHT = 500;
const MAX_WAITING = 10_000;
/** RabbitMQ 4 closes the channel above this (`max_message_size`), and with it everybody's publishes */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** how late a deadline is noticed, at most (ms) */
const SWEEP_MS = 50;

interface Pending {
  readonly message: PublishMessage;
  readonly body: Buffer;
  /** `performance.now()` */
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: StepwireError) => void;
  settled: boolean;
}

export class Publisher {
  readonly #link: Link;
  readonly #channel: SupervisedChannel<ConfirmChannel>;
  readonly #stopListening: () => void;
  /** both in order of publishing */
  readonly #waiting = new Set<Pending>();
  readonly #inFlight = new Set<Pending>();
  readonly #drained = new Set<() => void>();
  #lane: Lane<ConfirmChannel> | undefined;
  #openedOn: ChannelModel | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #closed = false;
  #published = 0;
  #failed = 0;

  /** @param onOpen a channel was opened */
  constructor(link: Link, logger: Logger, onOpen: () => void) {
    this.#link = link;
    this.#channel = new SupervisedChannel<ConfirmChannel>(
      link,
      {
        what: 'publishing',
        open: (model) => model.createConfirmChannel(),
        setUp: async (lane) => {
          lane.channel.on('return', (message) => this.#returned(message));
          this.#lane = lane;
          this.#openedOn = link.model;
          this.#pump();
          onOpen();
        },
        onDown: (_lane, error) => {
          this.#lane = undefined;
          this.#rejectAll(this.#inFlight, `connection lost before RabbitMQ confirmed: ${error.message}`);
        },
      },
      logger,
    );
    this.#stopListening = link.listen({
      onUp: () => undefined,
      onDown: () => undefined,
      onBlocked: (reason) => {
        this.#rejectAll(this.#inFlight, blockedText(reason));
        this.#rejectAll(this.#waiting, blockedText(reason));
      },
      onUnblocked: () => this.#pump(),
    });
  }

  /** the connection that its newest channel is of */
  get openedOn(): ChannelModel | undefined {
    return this.#openedOn;
  }
  get published(): number {
    return this.#published;
  }
  get failed(): number {
    return this.#failed;
  }

  publish(message: PublishMessage): Promise<void> {
    const body = typeof message.body === 'string' ? Buffer.from(message.body) : message.body;
    const refusal = this.#refusal(body);
    if (refusal !== undefined) {
      this.#failed++;
      return Promise.reject(refusal);
    }
    const deadlineMs = Math.min(message.deadlineMs ?? periods.publishDeadlineMs, periods.publishDeadlineMs);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.add({ message, body, deadline: performance.now() + deadlineMs, resolve, reject, settled: false });
    this.#sweep ??= setInterval(() => this.#expire(), SWEEP_MS);
    this.#pump();
    return promise;
  }

  /** @returns false where some were still on their way after `timeoutMs` */
  async drain(timeoutMs: number): Promise<boolean> {
    if (this.#idle()) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done = () => resolve(true);
    const timer = setTimeout(() => resolve(false), timeoutMs);
    this.#drained.add(done);
    const drained = await promise;
    this.#drained.delete(done);
    clearTimeout(timer);
    return drained;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    await this.#channel.close();
    this.#rejectAll(this.#waiting, 'the connection was closed by us');
  }

  #refusal(body: Buffer): StepwireError | undefined {
    if (this.#closed) return new StepwireError('unavailable', 'the connection was closed by us');
    const { blocked } = this.#link;
    if (blocked !== undefined) return new StepwireError('unavailable', blockedText(blocked));
    if (this.#waiting.size >= MAX_WAITING)
      return new StepwireError('unavailable', `${MAX_WAITING} messages wait for RabbitMQ already`);
    if (body.length > MAX_MESSAGE_BYTES)
      return new StepwireError('too_large', `a message is at most ${MAX_MESSAGE_BYTES} bytes`);
    return undefined;
  }

  #pump(): void {
    for (const pending of this.#waiting) {
      const lane = this.#lane;
      if (lane === undefined || this.#link.blocked !== undefined || this.#inFlight.size >= MAX_IN_FLIGHT) return;
      this.#waiting.delete(pending);
      this.#inFlight.add(pending);
      const { exchange, routingKey, mandatory = true } = pending.message;
      try {
        lane.channel.publish(
          exchange,
          routingKey,
          pending.body,
          { ...properties(pending.message), mandatory },
          (error) => this.#confirmed(pending, error),
        );
      } catch (error) {
        // Nothing was written: headers that AMQP cannot carry, or a channel that is just being lost.
        this.#inFlight.delete(pending);
        const code = error instanceof IllegalOperationError ? 'unavailable' : 'bad_request';
        this.#fail(pending, new StepwireError(code, `cannot be published: ${error}`, { cause: error }));
      }
    }
  }

  #confirmed(pending: Pending, error: unknown): void {
    // When the channel is lost amqplib calls back too; `onDown` follows at once and knows why.
    const nacked = error instanceof Error && error.message === 'message nacked';
    if ((error && !nacked) || !this.#inFlight.delete(pending)) return;
    if (nacked) this.#fail(pending, new StepwireError('unavailable', 'RabbitMQ could not keep the message (nack)'));
    else if (!pending.settled) {
      pending.settled = true;
      this.#published++;
      pending.resolve();
    }
    this.#pump();
    this.#rest();
  }

  /** Returned messages carry no number: the oldest equal one on its way is as good as the one meant. */
  #returned({ fields, properties, content }: Message): void {
    for (const pending of this.#inFlight) {
      const { message, body } = pending;
      if (
        !pending.settled &&
        message.exchange === fields.exchange &&
        message.routingKey === fields.routingKey &&
        message.messageId === properties.messageId &&
        body.equals(content)
      ) {
        const where = `exchange ${fields.exchange || '(default)'} with routing key ${fields.routingKey}`;
        this.#fail(pending, new StepwireError('conflict', `no queue takes messages of ${where}`));
        return;
      }
    }
  }

  #expire(): void {
    const now = performance.now();
    const late = new StepwireError('unavailable', 'RabbitMQ did not confirm the message in time');
    for (const pending of this.#waiting) {
      if (pending.deadline > now) continue;
      this.#waiting.delete(pending);
      this.#fail(pending, late);
    }
    // Those stay in flight, settled: their confirm may still come and must find its place.
    for (const pending of this.#inFlight) if (pending.deadline <= now) this.#fail(pending, late);
    this.#rest();
  }

  #rejectAll(which: Set<Pending>, text: string): void {
    const error = new StepwireError('unavailable', text);
    for (const pending of which) this.#fail(pending, error);
    which.clear();
    this.#rest();
  }

  #fail(pending: Pending, error: StepwireError): void {
    if (pending.settled) return;
    pending.settled = true;
    this.#failed++;
    pending.reject(error);
  }

  #idle(): boolean {
    if (this.#waiting.size > 0) return false;
    for (const pending of this.#inFlight) if (!pending.settled) return false;
    return true;
  }

  #rest(): void {
    if (!this.#idle()) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    for (const done of this.#drained) done();
  }
}

const blockedText = (reason: string): string => `RabbitMQ takes no messages: ${reason}`;

export function properties(message: OutgoingMessage): Options.Publish {
  return {
    contentType: 'application/json',
    persistent: message.persistent ?? true,
    ...(message.messageId === undefined ? {} : { messageId: message.messageId }),
    ...(message.correlationId === undefined ? {} : { correlationId: message.correlationId }),
    ...(message.appId === undefined ? {} : { appId: message.appId }),
    ...(message.headers === undefined ? {} : { headers: message.headers }),
  };
}
