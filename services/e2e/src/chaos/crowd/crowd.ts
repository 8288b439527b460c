import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { now } from '../../bench/clock.ts';
import type { Publication } from '../publisher.ts';
import type { Place, Report } from './crowd-worker.ts';

/**
 * Many who watch, in a thread of their own. Frozen, the whole thread stands still: its sockets stay open and nobody reads
 * them, as with the client of a process that was stopped.
 */
export class Crowd {
  readonly #worker: Worker;
  readonly #standing = new Int32Array(new SharedArrayBuffer(4));

  constructor(places: readonly Place[]) {
    this.#worker = new Worker(new URL('./crowd-worker.js', import.meta.url), {
      workerData: { places, standing: this.#standing },
    });
  }

  /** Resolves when the thread stands still. */
  async freeze(): Promise<void> {
    Atomics.store(this.#standing, 0, 1);
    this.#worker.postMessage('freeze');
    await once(this.#worker, 'message');
  }

  thaw(): void {
    Atomics.store(this.#standing, 0, 0);
    Atomics.notify(this.#standing, 0);
  }

  /** What they saw since the last report. Not while frozen. */
  async report(): Promise<Report> {
    this.#worker.postMessage('report');
    const [report] = await once(this.#worker, 'message');
    return report;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** An observed request's event that says when it was published, so that a {@link Crowd} knows how long it took. */
export const timedEvent = (requestId: string, n: number, text: string): Publication => ({
  id: `${requestId}/${n}`,
  type: 'agent.thinking',
  requestId,
  agent: 'chaos',
  timestamp: new Date().toISOString(),
  data: { thought: text, n, at: now() },
});

export const endOf = (requestId: string): Publication => ({
  id: `${requestId}/end`,
  type: 'request.completed',
  requestId,
  agent: 'chaos',
  timestamp: new Date().toISOString(),
  data: { result: {} },
});
