import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '@stepwire/messaging';
import { eventId, exchanges } from '@stepwire/protocol';
import type { Random } from '../random.ts';
import { RequestLog } from '../request-log.ts';
import { Watcher, type WatcherOptions } from '../watcher.ts';

/** those who are there from the beginning and stay, one after the other */
const AUDIENCE = ['guide', 'log', 'log', 'log', 'guide', 'log', 'log', 'log'] as const;
const LATECOMERS = 5;

/** How the publishes of a run settled. */
export class PublishTally {
  confirmed = 0;
  rejected = 0;
  /** sent again after a confirm, as somebody does who lost it */
  repeated = 0;
  longestMs = 0;
}

/** One request that a publisher of ours drives, and those who watch it. */
export class Observed {
  readonly requestId: string;
  readonly watchers: Watcher[] = [];
  readonly log: RequestLog;
  /** events 1 … this one were confirmed, `request.completed` after them when {@link done} */
  confirmed = 0;
  done = false;
  readonly #broker: Broker;
  readonly #tally: PublishTally;
  readonly #random: Random;
  readonly #urls: readonly string[];

  constructor(requestId: string, broker: Broker, tally: PublishTally, random: Random, urls: readonly string[]) {
    this.requestId = requestId;
    this.log = new RequestLog(requestId);
    this.#broker = broker;
    this.#tally = tally;
    this.#random = random;
    this.#urls = urls;
  }

  /** Publishes `length` events, fewer when `stopped`, and the end; resolves when all are confirmed. */
  async run(length: number, paceMs: number, stopped: () => boolean): Promise<void> {
    for (const dialect of AUDIENCE) this.#watch(dialect, false);
    this.#watch('log', true);
    // The first ones see everything: only then can the others be held against them.
    await Promise.all(this.watchers.map((watcher) => watcher.entered));
    const latecomers = Array.from({ length: LATECOMERS }, () => this.#random.between(1, length));
    for (let n = 1; n <= length && !stopped(); n += 1) {
      const step = (n % 5) + 1;
      const data = { stepId: `s${step}`, stepOrder: step, status: 'running', tool: 'chaos', percent: n % 100, n };
      await this.#publish(eventId(this.requestId, n), 'executor.step.progress', data);
      this.confirmed = n;
      for (const at of latecomers) if (at === n) this.#watch(this.#random.chance(0.5) ? 'guide' : 'log', true);
      await delay(paceMs);
    }
    await this.#publish(eventId(this.requestId, 'end'), 'request.completed', { result: { events: this.confirmed } });
    this.done = true;
  }

  #watch(dialect: WatcherOptions['dialect'], restless: boolean): void {
    const random = this.#random.fork();
    const { log } = this;
    this.watchers.push(new Watcher({ urls: this.#urls, requestId: this.requestId, dialect, random, restless, log }));
  }

  /** Until it is confirmed, always under the same id. */
  async #publish(id: string, type: string, data: object): Promise<void> {
    const event = { id, type, requestId: this.requestId, agent: 'chaos', timestamp: new Date().toISOString(), data };
    const body = JSON.stringify(event);
    for (let repeats = this.#random.chance(0.05) ? 1 : 0; ; ) {
      const startedAt = performance.now();
      const settled = await this.#broker
        .publish({ exchange: exchanges.agentEvents, routingKey: type, body, messageId: id })
        .then(() => true)
        // whatever the reason, the answer is to send it again
        .catch(() => false);
      this.#tally.longestMs = Math.max(this.#tally.longestMs, performance.now() - startedAt);
      if (settled) {
        this.#tally.confirmed += 1;
        this.log.published(id, body);
        if (repeats === 0) return;
        repeats -= 1;
        this.#tally.repeated += 1;
      } else {
        this.#tally.rejected += 1;
        await delay(this.#random.between(50, 300));
      }
    }
  }
}
