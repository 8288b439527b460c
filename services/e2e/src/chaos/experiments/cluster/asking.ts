import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../storm/managed.ts';

const EVERY_MS = 100;

/** Somebody who wants an answer all the time: how long is there none? */
export class Asking {
  /** the longest time without an answer (ms) */
  longestMs = 0;
  answered = 0;
  #over = false;
  readonly #done: Promise<void>;

  constructor(client: Client, requestId: string) {
    this.#done = this.#ask(client, requestId);
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#done;
  }

  async #ask(client: Client, requestId: string): Promise<void> {
    for (let last = performance.now(); !this.#over; ) {
      // a second start of a request is carried out once, and answered
      const answer = await client.command('start', { requestId, userQuery: 'chaos', context: {} }, () => this.#over);
      if (answer === undefined) return;
      this.answered += 1;
      this.longestMs = Math.max(this.longestMs, performance.now() - last);
      last = performance.now();
      await delay(EVERY_MS);
    }
  }
}
