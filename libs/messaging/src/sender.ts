import type { Logger } from '@stepwire/observability';
import type { Channel, ChannelModel } from 'amqplib';
import type { Link } from './link.ts';
import * as log from './log.ts';
import type { OutgoingMessage } from './message.ts';
import { properties } from './publisher.ts';
import { type Lane, SupervisedChannel } from './supervised-channel.ts';

/**
 * Best effort: for what is healed by reading again (the feed) or repeated by who asked (replies). No confirms, no waiting;
 * without a connection, or with more than `MAX_BUFFERED_BYTES` that the socket does not take, messages are dropped and counted.
 */
const HIGH_WATER_MARK_FRAMES = 256;
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
const LOG_DROPS_EVERY_MS = 5_000;

export class Sender {
  readonly #link: Link;
  readonly #logger: Logger;
  readonly #channel: SupervisedChannel;
  #lane: Lane | undefined;
  #openedOn: ChannelModel | undefined;
  /** since the channel's buffer was last empty; 0 while it is below its high-water mark */
  #bufferedBytes = 0;
  #sent = 0;
  #dropped = 0;
  #logTimer: NodeJS.Timeout | undefined;

  /** @param onOpen a channel was opened */
  constructor(link: Link, logger: Logger, onOpen: () => void) {
    this.#link = link;
    this.#logger = logger;
    this.#channel = new SupervisedChannel<Channel>(
      link,
      {
        what: 'sending',
        open: (model) => model.createChannel({ highWaterMark: HIGH_WATER_MARK_FRAMES }),
        setUp: async (lane) => {
          this.#bufferedBytes = 0;
          lane.channel.on('drain', () => {
            this.#bufferedBytes = 0;
          });
          this.#lane = lane;
          this.#openedOn = link.model;
          onOpen();
        },
        onDown: () => {
          this.#lane = undefined;
        },
      },
      logger,
    );
  }

  /** the connection that its newest channel is of */
  get openedOn(): ChannelModel | undefined {
    return this.#openedOn;
  }
  get sent(): number {
    return this.#sent;
  }
  get dropped(): number {
    return this.#dropped;
  }

  send(message: OutgoingMessage): boolean {
    const lane = this.#lane;
    if (lane === undefined || this.#link.blocked !== undefined || this.#bufferedBytes > MAX_BUFFERED_BYTES) {
      return this.#drop();
    }
    const body = typeof message.body === 'string' ? Buffer.from(message.body) : message.body;
    try {
      const roomLeft = lane.channel.publish(message.exchange, message.routingKey, body, properties(message));
      if (!roomLeft) this.#bufferedBytes += body.length;
    } catch {
      // A channel that is just being lost, or headers that AMQP cannot carry: the sender has promised nothing.
      return this.#drop();
    }
    this.#sent++;
    return true;
  }

  async close(): Promise<void> {
    clearTimeout(this.#logTimer);
    await this.#channel.close();
  }

  #drop(): false {
    this.#dropped++;
    this.#logTimer ??= setTimeout(() => {
      this.#logTimer = undefined;
      log.sendsDropped(this.#logger, this.#dropped);
    }, LOG_DROPS_EVERY_MS).unref();
    return false;
  }
}
