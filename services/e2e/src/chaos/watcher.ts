import { io, type Socket } from 'socket.io-client';
import type { Random } from './random.ts';
import { RequestLog } from './request-log.ts';

/** What a watcher keeps of an event. */
export interface Seen {
  readonly type: string;
  /** the publisher's own number; undefined in events that are not from it */
  readonly n: number | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WatcherOptions {
  readonly urls: readonly string[];
  readonly requestId: string;
  readonly dialect: 'guide' | 'log';
  readonly random: Random;
  /** leaves now and then, by itself, and comes back with its cursor */
  readonly restless: boolean;
  /** what all watchers of the request are told, to be held against one another; default: its own */
  readonly log?: RequestLog | undefined;
}

const ends = new Set(['request.completed', 'request.failed', 'request.cancelled']);
export const isEnd = (type: string): boolean => ends.has(type);

const STAY_MS = [1_000, 10_000] as const;
const AWAY_MS = [50, 1_500] as const;

/**
 * A program that follows one request, on whichever gateway it gets: a plain `socket.io-client` and the rules of PROTOCOL.md §5.
 * It holds each connection strictly to them: a `state`, then n + 1, n + 2 … and nothing else.
 */
export class Watcher {
  readonly options: WatcherOptions;
  readonly log: RequestLog;
  /** what broke the promise, in words */
  readonly broken: string[] = [];
  /** the events after {@link startedAt}, in the order in which they came */
  readonly seen: Seen[] = [];
  /** seq of its first `state`; undefined until that came */
  startedAt: number | undefined;
  /** its first `state` came */
  readonly entered: Promise<void>;
  endedAt: number | undefined;
  joins = 0;
  #last = 0;
  #epoch: string | undefined;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** on this connection, a `state` came */
  #joined = false;
  #enter: () => void = () => undefined;

  constructor(options: WatcherOptions) {
    this.options = options;
    this.log = options.log ?? new RequestLog(options.requestId);
    this.entered = new Promise((resolve) => {
      this.#enter = resolve;
    });
    this.#connect();
  }

  get last(): number {
    return this.#last;
  }

  get name(): string {
    return `${this.options.requestId} (${this.options.dialect}, from ${this.startedAt ?? '–'})`;
  }

  close(): void {
    this.#closed = true;
    this.#leave();
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#socket?.off().disconnect();
    this.#socket = undefined;
  }

  #connect(): void {
    const { urls, dialect, random, requestId, restless } = this.options;
    this.#joined = false;
    const transports = ['websocket'];
    const socket = io(random.pick(urls), { transports, forceNew: true, reconnection: false, query: { dialect } });
    this.#socket = socket;
    socket.on('connect', () => {
      // a request that was unknown at the first join had no epoch to tell
      const epoch = this.#epoch === undefined ? {} : { epoch: this.#epoch };
      const cursor = this.startedAt === undefined ? {} : { since: this.#last, ...epoch };
      socket.emit('rejoin', { requestId, ...cursor });
      if (restless) this.#later(STAY_MS, () => this.#comeBack());
    });
    socket.on('connect_error', () => this.#comeBack());
    socket.on('disconnect', () => this.#comeBack());
    socket.onAny((name: string, body: unknown) => this.#receive(name, body));
  }

  #comeBack(): void {
    this.#leave();
    if (!this.#closed) this.#later(AWAY_MS, () => this.#connect());
  }

  #later([from, to]: readonly [number, number], then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, this.options.random.between(from, to));
  }

  #receive(name: string, body: unknown): void {
    if (name === 'state') {
      if (isObject(body)) this.#state(body);
      return;
    }
    const events: unknown[] = Array.isArray(body) ? body : [body];
    for (const event of events) {
      // a refusal has no seq: that the gateway can't let us in yet
      if (!isObject(event) || typeof event.seq !== 'number') continue;
      if (!this.#joined) this.#complain(`event ${event.seq} before any state`);
      this.#take(event.seq, event);
    }
  }

  #state(state: Readonly<Record<string, unknown>>): void {
    const { seq, missed, reset, epoch } = state;
    if (typeof seq !== 'number') {
      this.#complain('a state without seq');
      return;
    }
    if (this.#joined) this.#complain('another state on one connection');
    this.#joined = true;
    this.joins += 1;
    this.log.told(this.name, state);
    if (reset === true) this.#complain(`its cursor ${this.#last} is said to be gone, at ${seq}`);
    if (this.startedAt === undefined) {
      this.startedAt = seq;
      this.#enter();
      this.#last = seq;
      if (typeof state.status === 'string') this.#noteEnd(`request.${state.status}`);
    } else if (Array.isArray(missed)) {
      for (const event of missed) if (isObject(event) && typeof event.seq === 'number') this.#take(event.seq, event);
      if (this.#last !== seq) this.#complain(`missed events end at ${this.#last}, the state is at ${seq}`);
    } else if (seq !== this.#last) this.#complain(`a state at ${seq} without what was missed since ${this.#last}`);
    if (typeof epoch === 'string') this.#epoch = epoch;
  }

  #take(seq: number, event: Readonly<Record<string, unknown>>): void {
    this.log.heard(this.name, this.options.dialect, seq, event);
    if (seq !== this.#last + 1) this.#complain(`event ${seq} after ${this.#last}`);
    if (seq <= this.#last) return;
    this.#last = seq;
    const data = isObject(event.data) ? event.data : {};
    const type = typeof event.type === 'string' ? event.type : '';
    this.seen.push({ type, n: typeof data.n === 'number' ? data.n : undefined, data });
    this.#noteEnd(type);
  }

  #noteEnd(type: string): void {
    if (isEnd(type)) this.endedAt = performance.now();
  }

  #complain(what: string): void {
    this.broken.push(what);
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
