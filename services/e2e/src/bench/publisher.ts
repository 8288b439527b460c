import { type ConfirmChannel, connect } from 'amqplib';
import { now } from './clock.ts';
import { bodyOf, EVENT_TYPE, type Load } from './load.ts';
import { serve } from './worker.ts';

/** A process that plays the agents: publishes with confirms, persistent. `argv`: AMQP URL. */
export type PublisherOrder =
  | { readonly kind: 'publish'; readonly exchange: string; readonly load: Load; readonly pace: Pace }
  /** watchers have got this many of the events */
  | { readonly kind: 'delivered'; readonly count: number }
  | { readonly kind: 'stop' };
export type PublisherReport =
  | { readonly kind: 'ready'; readonly broker: string }
  /** all that was published has been confirmed */
  | { readonly kind: 'published'; readonly count: number };

/** `limit`: events after which it stops by itself */
export type Pace = { readonly limit?: number } & (
  | { readonly kind: 'even'; readonly perSecond: number }
  /** as fast as watchers get them: never more than `window` published and not delivered */
  | { readonly kind: 'flood'; readonly window: number }
);

const TICK_MS = 1;
/** published in one go; then the socket has its turn */
const BURST = 100;

class Publishing {
  delivered = 0;
  stopped = false;
  wake: () => void = () => undefined;
  #count = 0;
  readonly #channel: ConfirmChannel;
  readonly #order: Extract<PublisherOrder, { kind: 'publish' }>;

  constructor(channel: ConfirmChannel, order: Extract<PublisherOrder, { kind: 'publish' }>) {
    this.#channel = channel;
    this.#order = order;
  }

  async run(): Promise<number> {
    const { pace } = this.#order;
    const start = now();
    while (!this.#ended()) {
      const due =
        pace.kind === 'even'
          ? Math.floor(((now() - start) / 1000) * pace.perSecond)
          : Math.min(this.#count + BURST, this.delivered + pace.window);
      while (this.#count < due && !this.#ended()) this.#publish();
      if (pace.kind === 'even') await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      else if (this.#count < this.delivered + pace.window) await new Promise((resolve) => setImmediate(resolve));
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
    await this.#channel.waitForConfirms();
    return this.#count;
  }

  #ended(): boolean {
    return this.stopped || this.#count >= (this.#order.pace.limit ?? Number.POSITIVE_INFINITY);
  }

  #publish(): void {
    const body = bodyOf(this.#order.load, this.#count, now());
    this.#count += 1;
    this.#channel.publish(this.#order.exchange, EVENT_TYPE, body, { persistent: true, mandatory: true });
  }
}

let current: Publishing | undefined;
const report = serve<PublisherOrder, PublisherReport>(['publish', 'delivered', 'stop'], (order) => {
  switch (order.kind) {
    case 'publish':
      current = new Publishing(channel, order);
      void current.run().then((count) => report({ kind: 'published', count }));
      return;
    case 'delivered':
      if (current !== undefined) current.delivered = order.count;
      break;
    case 'stop':
      if (current !== undefined) current.stopped = true;
  }
  current?.wake();
});

const connection = await connect(process.argv[2] ?? '', { noDelay: true });
const channel = await connection.createConfirmChannel();
channel.on('return', ({ fields }) => {
  throw new Error(`nobody takes ${fields.exchange} ${fields.routingKey}`);
});
report({ kind: 'ready', broker: `${connection.connection.serverProperties.version}` });
