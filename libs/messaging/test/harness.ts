import { createLogger } from '@stepwire/observability';
import { Broker, type BrokerOptions } from '../src/index.ts';

/** What these tests do is cut lines; the warnings about it say nothing new. */
export const quiet = createLogger('test', 'fatal', false);

export const openBroker = async (url: string, options: Partial<BrokerOptions> = {}): Promise<Broker> => {
  const broker = Broker.open({ url, name: 'test', logger: quiet, ...options });
  await broker.ready();
  return broker;
};

/** Calls in order, later ones first, whatever each does. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = [];

  add<T extends { close(): unknown }>(closable: T): T {
    this.#steps.push(() => closable.close());
    return closable;
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step();
  }
}

/** A promise to settle by hand. */
export const gate = <T = void>() => Promise.withResolvers<T>();
