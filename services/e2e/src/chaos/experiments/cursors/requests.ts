import { setTimeout as delay } from 'node:timers/promises';
import { eventId } from '@stepwire/protocol';
import { isFinished } from '@stepwire/run-model';
import type { Publication, Publisher } from '../../publisher.ts';
import type { Random } from '../../random.ts';
import { anyEvent } from '../../random-events.ts';
import { RequestLog } from '../../request-log.ts';

/** A request that a publisher of ours drives, and what is known of its log. */
export class Published {
  readonly log: RequestLog;
  readonly #publisher: Publisher;
  readonly #random: Random;
  readonly #confirms: Promise<void>[] = [];
  #sent = 0;

  constructor(requestId: string, publisher: Publisher, random: Random) {
    this.log = new RequestLog(requestId);
    this.#publisher = publisher;
    this.#random = random;
  }

  get head(): number {
    return this.#sent;
  }

  /** @param bytes how large it is, about; undefined: as it comes */
  next(bytes?: number): void {
    const { requestId } = this.log;
    const n = this.#sent + 1;
    if (bytes !== undefined) this.#publish('my.large', n, { text: 'é😀x'.repeat(bytes / 7) });
    else if (this.#random.chance(0.3)) this.#send(anyEvent(requestId, n, this.#random));
    else if (this.#random.chance(0.5)) this.#publish('agent.progress', n, { percent: n % 101, stage: `at ${n}`, n });
    else
      this.#publish('executor.step.progress', n, { stepId: `s${n % 5}`, stepOrder: (n % 5) + 1, status: 'running', n });
  }

  /** Resolves when all is confirmed. The end comes after all else was: what is said again would come after it, and be refused. */
  async end(): Promise<void> {
    await Promise.all(this.#confirms);
    this.#publish('request.completed', this.#sent + 1, { result: { events: this.#sent } });
    await Promise.all(this.#confirms);
  }

  /** How many events come between two pauses, and pauses (ms). */
  async run(length: number, bursts: readonly [number, number], pausesMs: readonly [number, number]): Promise<void> {
    for (let left = length; left > 0; ) {
      for (let burst = Math.min(left, this.#random.between(...bursts)); burst > 0; burst -= 1) {
        this.next();
        left -= 1;
      }
      await delay(this.#random.between(...pausesMs));
    }
    await this.end();
  }

  /** Its last event was seen. */
  get seenToTheEnd(): boolean {
    return this.log.length >= this.#sent;
  }

  /** What is broken in it, now that it was seen to the end. */
  complaints(): string[] {
    const { log } = this;
    const broken = [...log.settle(), ...log.leftOver()];
    if (!isFinished(log.state.status)) broken.push(`${log.requestId}: ends at ${log.length} as ${log.state.status}`);
    if (log.length !== this.#sent)
      broken.push(`${log.requestId}: ${log.length} events of ${this.#sent} confirmed ones`);
    return broken;
  }

  #publish(type: string, n: number, data: object): void {
    const { requestId } = this.log;
    this.#send({
      id: eventId(requestId, n),
      type,
      requestId,
      agent: 'chaos',
      timestamp: new Date().toISOString(),
      data,
    });
  }

  #send(event: Publication): void {
    this.#sent += 1;
    this.log.published(event.id, JSON.stringify(event));
    this.#confirms.push(this.#publisher.publish(event));
  }
}
