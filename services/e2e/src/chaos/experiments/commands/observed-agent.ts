import { Broker } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import { eventId, exchanges, routingKeys } from '@stepwire/protocol';
import { isObject } from '../../watcher.ts';

/** An agent that drives requests of its own, as in PROTOCOL.md §4, and does what it is commanded as often as it is. */
export class ObservedAgent {
  readonly #broker: Broker;
  /** by requestId */
  readonly cancels = new Map<string, number>();
  /** by questionId, the answers that came */
  readonly answers = new Map<string, unknown[]>();

  static async open(url: string): Promise<ObservedAgent> {
    const agent = new ObservedAgent(Broker.open({ url, name: 'chaos', logger: createLogger('chaos', 'fatal') }));
    await agent.#listen();
    return agent;
  }

  private constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Resolves when it is confirmed; the id is made of request and name. */
  publish(requestId: string, name: string, type: string, data: object): Promise<void> {
    const id = eventId(requestId, name);
    const event = { id, type, requestId, agent: 'chaos', timestamp: new Date().toISOString(), data };
    const body = JSON.stringify(event);
    return this.#broker.publish({ exchange: exchanges.agentEvents, routingKey: type, body, messageId: id });
  }

  close(): Promise<void> {
    return this.#broker.close();
  }

  async #listen(): Promise<void> {
    await this.#broker.ready();
    const queue = this.#broker.instanceQueue({
      service: 'chaos',
      onMessage: ({ body, routingKey }) => {
        const command: unknown = JSON.parse(body.toString());
        if (isObject(command)) void this.#obey(routingKey, command);
      },
    });
    await queue.bind(exchanges.agentCommands, routingKeys.requestCancel);
    await queue.bind(exchanges.agentCommands, routingKeys.requestFeedback);
  }

  async #obey(routingKey: string, { requestId, questionId, answer }: Readonly<Record<string, unknown>>): Promise<void> {
    // those of managed requests come by here too
    if (typeof requestId !== 'string' || !requestId.startsWith('observed')) return;
    if (routingKey === routingKeys.requestCancel) {
      this.cancels.set(requestId, (this.cancels.get(requestId) ?? 0) + 1);
      await this.publish(requestId, 'cancelled', 'request.cancelled', {});
    } else if (typeof questionId === 'string') {
      this.answers.set(questionId, [...(this.answers.get(questionId) ?? []), answer]);
      await this.publish(requestId, 'completed', 'request.completed', { result: { answers: [answer] } });
    }
  }
}
