import { io, type Socket } from 'socket.io-client';
import { now } from './clock.ts';
import { type Load, readFrame, requestIdOf } from './load.ts';
import { percentiles } from './statistics.ts';
import { StreamCheck } from './stream-check.ts';
import { serve } from './worker.ts';

/**
 * A process that plays the browsers: one plain socket.io-client per request, nothing of ours. It checks that every event
 * comes exactly once and in order, and measures from publishing to the callback.
 */
export type WatcherOrder =
  /** `numbered`: frames carry a `seq`, which must go up by one */
  | { readonly kind: 'watch'; readonly url: string; readonly load: Load; readonly numbered: boolean }
  /** what came within [from, until), ms of `now()` */
  | { readonly kind: 'tell'; readonly from: number; readonly until: number }
  | { readonly kind: 'leave' };
export type WatcherReport =
  | { readonly kind: 'watching' }
  | { readonly kind: 'delivered'; readonly count: number }
  | {
      readonly kind: 'told';
      readonly deliveries: number;
      readonly latency: Latency;
      readonly faults: readonly string[];
    }
  | { readonly kind: 'left' };

/** ms */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const REPORT_EVERY_MS = 10;
const FAULTS_KEPT = 5;

class Watching {
  readonly #sockets: Socket[];
  readonly #arrivals: number[] = [];
  readonly #latencies: number[] = [];
  readonly #faults: string[] = [];
  #faultCount = 0;

  constructor({ url, load, numbered }: Extract<WatcherOrder, { kind: 'watch' }>, watching: () => void) {
    const waiting = new Set<number>();
    this.#sockets = Array.from({ length: load.requests }, (_, index) => {
      waiting.add(index);
      const requestId = requestIdOf(load, index);
      const socket = io(url, { transports: ['websocket'], forceNew: true, query: { requestId } });
      const stream = new StreamCheck(numbered);
      let states = 0;
      socket.on('state', () => {
        states += 1;
        if (states > 1) this.#fault(`${requestId}: another state`);
        if (waiting.delete(index) && waiting.size === 0) watching();
      });
      socket.on('disconnect', (reason) => this.#fault(`${requestId}: cut off (${reason})`));
      socket.on('error', (error: unknown) => this.#fault(`${requestId}: ${JSON.stringify(error)}`));
      socket.on('progress', (payload: unknown) => {
        const arrivedAt = now();
        const frame = readFrame(payload);
        if (frame === undefined) return this.#fault(`${requestId}: not an event of ours`);
        const fault = stream.take(frame);
        if (fault !== undefined) this.#fault(`${requestId}: ${fault}`);
        this.#arrivals.push(arrivedAt);
        this.#latencies.push(arrivedAt - frame.sentAt);
      });
      return socket;
    });
  }

  get count(): number {
    return this.#arrivals.length;
  }

  tell(from: number, until: number): WatcherReport {
    const within = this.#latencies.filter((_, index) => {
      const at = this.#arrivals[index] ?? 0;
      return at >= from && at < until;
    });
    const more = this.#faultCount - this.#faults.length;
    const faults = more > 0 ? [...this.#faults, `and ${more} more`] : this.#faults;
    const [p50 = NaN, p95 = NaN, p99 = NaN] = percentiles(within, [50, 95, 99]);
    return { kind: 'told', deliveries: within.length, latency: { p50, p95, p99 }, faults };
  }

  leave(): void {
    for (const socket of this.#sockets) socket.off().disconnect();
  }

  #fault(what: string): void {
    this.#faultCount += 1;
    if (this.#faults.length < FAULTS_KEPT) this.#faults.push(what);
  }
}

let current: Watching | undefined;
let told = 0;
const report = serve<WatcherOrder, WatcherReport>(['watch', 'tell', 'leave'], (order) => {
  switch (order.kind) {
    case 'watch':
      told = 0;
      current = new Watching(order, () => report({ kind: 'watching' }));
      break;
    case 'tell':
      if (current !== undefined) report(current.tell(order.from, order.until));
      break;
    case 'leave':
      current?.leave();
      current = undefined;
      report({ kind: 'left' });
  }
});
setInterval(() => {
  if (current === undefined || current.count === told) return;
  told = current.count;
  report({ kind: 'delivered', count: told });
}, REPORT_EVERY_MS);
