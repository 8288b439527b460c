import type { PublishMessage } from '@stepwire/messaging';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';

const DEADLINE_MS = 15_000;

interface Connection {
  readonly model: ChannelModel;
  readonly channel: ConfirmChannel;
}

/**
 * What a publisher looks like that knows amqplib alone: one confirm channel, made anew when it is lost. Its promise is
 * only that whoever gets an error does not know, and may say the same again.
 */
export class RawPublisher {
  readonly #url: string;
  #connection: Promise<Connection> | undefined;

  /** @param url without parameters */
  constructor(url: string) {
    this.#url = `${url}?heartbeat=5`;
  }

  /** @throws Error: it may or may not have arrived */
  async publish({ exchange, routingKey, body, messageId = '' }: PublishMessage): Promise<void> {
    this.#connection ??= this.#open();
    const { model, channel } = await this.#connection;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#connection = undefined;
        // a broker that says nothing does not answer this either
        model.close().catch(() => undefined);
        reject(new Error('not confirmed in time'));
      }, DEADLINE_MS);
      const settle = (error: unknown) => {
        clearTimeout(timer);
        if (error === null || error === undefined) resolve();
        else reject(error);
      };
      try {
        channel.publish(exchange, routingKey, Buffer.from(body), { messageId, persistent: true }, settle);
      } catch (error) {
        settle(error);
      }
    });
  }

  async close(): Promise<void> {
    // one that was lost just now needs no closing
    await this.#connection?.then(({ model }) => model.close()).catch(() => undefined);
  }

  async #open(): Promise<Connection> {
    const lost = () => {
      this.#connection = undefined;
    };
    try {
      const model = await connect(this.#url, { timeout: DEADLINE_MS });
      // each publish that is on its way is told by its own callback
      model.on('error', lost);
      model.on('close', lost);
      const channel = await model.createConfirmChannel();
      channel.on('error', lost);
      channel.on('close', lost);
      return { model, channel };
    } catch (error) {
      lost();
      throw error;
    }
  }
}
