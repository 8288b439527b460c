import { connect } from 'amqplib';

type Publish = (body: object, headers: object) => Promise<void>;

/** An agent outside, that has no library of ours: it knows the exchange's name and the shape of an event. */
export class Publisher {
  readonly #publish: Publish;
  readonly close: () => Promise<void>;

  private constructor(publish: Publish, close: () => Promise<void>) {
    this.#publish = publish;
    this.close = close;
  }

  static async open(brokerUrl: string): Promise<Publisher> {
    const connection = await connect(brokerUrl);
    const channel = await connection.createConfirmChannel();
    return new Publisher(
      async (body, headers) => {
        const type = 'type' in body ? String(body.type) : '';
        channel.publish('agent.events', type, Buffer.from(JSON.stringify(body)), { headers });
        await channel.waitForConfirms();
      },
      () => connection.close(),
    );
  }

  /** @param userId whose request it becomes, if this is its first event */
  async event(requestId: string, type: string, data: object = {}, userId?: string): Promise<void> {
    const owner = userId === undefined ? {} : { userId };
    await this.#publish({ type, requestId, agent: 'acme', data: { ...data, ...owner } }, owner);
  }

  async ticks(requestId: string, count: number, userId?: string): Promise<void> {
    for (let nth = 1; nth <= count; nth += 1) await this.event(requestId, 'acme.tick', { nth }, userId);
  }
}
