import { setTimeout as delay } from 'node:timers/promises';
import { Broker } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import { exchanges } from '@stepwire/protocol';

/** An event with all its members, in canonical order. */
export interface Publication {
  readonly id: string;
  readonly type: string;
  readonly requestId: string;
  readonly agent: string;
  readonly timestamp: string;
  readonly data: object;
}

const REPEAT_AFTER_MS = 100;

/** A program that publishes events, each until it is confirmed. */
export class Publisher {
  readonly #broker: Broker;
  confirmed = 0;

  static async open(url: string): Promise<Publisher> {
    const broker = Broker.open({ url, name: 'chaos', logger: createLogger('chaos', 'fatal') });
    await broker.ready();
    return new Publisher(broker);
  }

  private constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Resolves when it is confirmed. Those that are published without a wait between them keep their order unless one fails. */
  async publish(event: Publication): Promise<void> {
    const { id: messageId, type: routingKey } = event;
    const body = JSON.stringify(event);
    for (;;) {
      const confirmed = await this.#broker
        .publish({ exchange: exchanges.agentEvents, routingKey, body, messageId })
        .then(() => true)
        // whatever the reason, the answer is to send it again
        .catch(() => false);
      if (confirmed) {
        this.confirmed += 1;
        return;
      }
      await delay(REPEAT_AFTER_MS);
    }
  }

  async close(): Promise<void> {
    await this.#broker.close();
  }
}
