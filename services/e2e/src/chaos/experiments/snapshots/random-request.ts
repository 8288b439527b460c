import { randomUUID } from 'node:crypto';
import { isFinished } from '@stepwire/run-model';
import { waitFor } from '@stepwire/testing';
import type { Publication, Publisher } from '../../publisher.ts';
import type { Random } from '../../random.ts';
import { anyEnd, anyEvent } from '../../random-events.ts';
import { RequestLog } from '../../request-log.ts';
import type { Client } from '../../storm/managed.ts';

/** What drives a request until it ends, in two halves, so that something may happen between them. */
export interface RandomRequest {
  readonly log: RequestLog;
  readonly managed: boolean;
  firstHalf(): Promise<unknown>;
  secondHalf(): Promise<unknown>;
}

/** A snapshot is stored every 64 events: many requests have none before their end, some have events after one. */
const lengths: readonly (readonly [number, number])[] = [
  ...Array.from({ length: 5 }, () => [1, 20] as const),
  [21, 70],
  [120, 180],
];
const SEEN_WITHIN_MS = 60_000;

/** Events of all kinds, as an agent outside would publish them; the last one ends it. */
export class ObservedAtRandom implements RandomRequest {
  readonly managed = false;
  readonly log: RequestLog;
  readonly #events: readonly Publication[];
  readonly #publisher: Publisher;

  constructor(requestId: string, publisher: Publisher, random: Random) {
    this.log = new RequestLog(requestId);
    this.#publisher = publisher;
    const length = random.between(...random.pick(lengths));
    this.#events = Array.from({ length }, (_, i) =>
      i === length - 1 ? anyEnd(requestId, length, random) : anyEvent(requestId, i + 1, random),
    );
    for (const event of this.#events) this.log.published(event.id, JSON.stringify(event));
  }

  /** In two parts: what comes at once is one batch, and its snapshot would be at its end. */
  async firstHalf(): Promise<void> {
    const [most, more] = [Math.floor(this.#events.length * 0.55), Math.floor(this.#events.length * 0.8)];
    await this.#publish(0, most);
    const look = { timeoutMs: SEEN_WITHIN_MS, everyMs: 100 };
    await waitFor(() => this.log.length >= most, look).catch(() => undefined);
    await this.#publish(most, more);
    await waitFor(() => this.log.length >= more, look).catch(() => undefined);
  }

  secondHalf(): Promise<unknown> {
    return this.#publish(Math.floor(this.#events.length * 0.8), this.#events.length);
  }

  #publish(from: number, to: number): Promise<unknown> {
    return Promise.all(this.#events.slice(from, to).map((event) => this.#publisher.publish(event)));
  }
}

/** One that is started, with a plan of quick steps; some fail. */
export class ManagedAtRandom implements RandomRequest {
  readonly managed = true;
  readonly log = new RequestLog(`snapshots-managed-${randomUUID()}`);
  readonly #client: Client;
  readonly #random: Random;

  constructor(client: Client, random: Random) {
    this.#client = client;
    this.#random = random;
  }

  firstHalf(): Promise<unknown> {
    const random = this.#random;
    const steps = Array.from({ length: random.between(1, 4) }, (_, i) => ({
      ...{ id: `s${i + 1}`, order: i + 1, title: 'é😀', action: random.chance(0.9) ? 'wait' : 'no such tool' },
      ...{ input: { ms: random.between(0, 20) }, dependsOn: i > 0 && random.chance(0.5) ? [`s${i}`] : [] },
      ...{ optional: random.chance(0.7), maxAttempts: 1 },
    }));
    const body = { requestId: this.log.requestId, userQuery: 'a\u2028\0b', context: { plan: { goal: 'ü', steps } } };
    return this.#client.command('start', body, () => false);
  }

  secondHalf(): Promise<unknown> {
    return Promise.resolve();
  }
}

export const hasEnded = ({ log }: RandomRequest): boolean => isFinished(log.state.status);
