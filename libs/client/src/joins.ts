import type { ErrorBody } from '@stepwire/protocol';
import { pause } from './abortable.ts';
import { readAnswer } from './frames.ts';
import { Unanswered } from './link.ts';

/** Joins that are under way at once: fewer than a gateway takes commands a second, so that a person's own come through. */
const AT_ONCE = 8;

export interface JoinPorts {
  /** asks now @returns the ack, or null where it is no longer wanted @throws Unanswered */
  readonly join: (requestId: string) => Promise<unknown> | null;
  readonly refused: (requestId: string, error: ErrorBody) => void;
}

/** Joins what is watched, a few at a time: after a cut there may be hundreds. */
export class Joins {
  readonly #ports: JoinPorts;
  readonly #wanted = new Set<string>();
  #running = 0;
  /** counts connections: what was asked on another one is of no interest */
  #connection = 0;

  constructor(ports: JoinPorts) {
    this.#ports = ports;
  }

  add(requestId: string): void {
    this.#wanted.add(requestId);
    this.#next();
  }

  /** The connection is gone, and with it everything that was asked on it. */
  clear(): void {
    this.#connection += 1;
    this.#running = 0;
    this.#wanted.clear();
  }

  #next(): void {
    for (const requestId of this.#wanted) {
      if (this.#running >= AT_ONCE) return;
      this.#wanted.delete(requestId);
      void this.#join(requestId, this.#connection);
    }
  }

  async #join(requestId: string, connection: number): Promise<void> {
    const ack = this.#ports.join(requestId);
    if (ack === null) return;
    this.#running += 1;
    try {
      const answer = readAnswer(await ack);
      if (connection !== this.#connection || answer.ok) return;
      const { code, retryAfterMs = 1000 } = answer.error;
      if (code === 'rate_limited') {
        await pause(retryAfterMs);
        if (connection === this.#connection) this.#wanted.add(requestId);
      } else if (code !== 'unavailable') {
        // a gateway without a coordinator goes on trying by itself, and `state` comes when it can
        this.#ports.refused(requestId, answer.error);
      }
    } catch (error) {
      // the connection ended: whoever opens the next one asks again
      if (!(error instanceof Unanswered)) throw error;
    } finally {
      if (connection === this.#connection) {
        this.#running -= 1;
        this.#next();
      }
    }
  }
}
