import { io, type Socket } from 'socket.io-client';
import { isEnd, isObject } from '../watcher.ts';

export interface FollowerOptions {
  /** of one gateway */
  readonly url: string;
  readonly requestId: string;
  /** each event once, in order; what it holds is not kept */
  readonly onEvent?: (event: Readonly<Record<string, unknown>>) => void;
}

/**
 * Follows one request on one gateway in dialect `log` and keeps nothing but its cursor: for crowds, and for large events. It
 * connects again by itself and resumes; between a `state` and the next it takes n + 1, n + 2 … and nothing else.
 */
export class Follower {
  readonly options: FollowerOptions;
  readonly broken: string[] = [];
  joins = 0;
  ended = false;
  /** seq of the newest event; undefined until the first `state` came */
  last: number | undefined;
  #epoch: string | undefined;
  #joined = false;
  readonly #socket: Socket;

  constructor(options: FollowerOptions) {
    this.options = options;
    const { url, requestId } = options;
    const socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
      query: { dialect: 'log' },
    });
    this.#socket = socket;
    socket.on('connect', () => {
      this.#joined = false;
      const epoch = this.#epoch === undefined ? {} : { epoch: this.#epoch };
      socket.emit('rejoin', { requestId, ...(this.last === undefined ? {} : { since: this.last, ...epoch }) });
    });
    // a gateway that cuts us off means it: the client does not connect again by itself after that (`io server disconnect`)
    socket.on('disconnect', (reason) => {
      if (reason === 'io server disconnect') socket.connect();
    });
    socket.on('state', (state: unknown) => {
      if (isObject(state)) this.#state(state);
    });
    socket.on('events', (events: unknown) => {
      if (Array.isArray(events)) for (const event of events) if (isObject(event)) this.#take(event);
    });
  }

  close(): void {
    this.#socket.disconnect();
  }

  #state(state: Readonly<Record<string, unknown>>): void {
    const { seq, missed, reset, epoch, status } = state;
    if (typeof seq !== 'number') {
      this.#complain('a state without seq');
      return;
    }
    if (this.#joined) this.#complain(`another state, at ${seq}, on one connection`);
    this.#joined = true;
    this.joins += 1;
    if (reset === true) this.#complain(`its cursor ${this.last} is said to be gone, at ${seq}`);
    if (typeof epoch === 'string') this.#epoch = epoch;
    if (this.last === undefined) this.last = seq;
    else if (Array.isArray(missed)) for (const event of missed) if (isObject(event)) this.#take(event);
    if (this.last !== seq) this.#complain(`it is at ${this.last}, its state at ${seq}`);
    if (isEnd(`request.${status}`)) this.ended = true;
  }

  #take(event: Readonly<Record<string, unknown>>): void {
    const { seq, type, requestId } = event;
    if (typeof seq !== 'number') return;
    if (!this.#joined) this.#complain(`event ${seq} before any state`);
    if (requestId !== this.options.requestId) this.#complain(`event ${seq} is of ${requestId}`);
    if (seq !== (this.last ?? 0) + 1) this.#complain(`event ${seq} after ${this.last}`);
    if (seq <= (this.last ?? 0)) return;
    this.last = seq;
    this.options.onEvent?.(event);
    if (typeof type === 'string' && isEnd(type)) this.ended = true;
  }

  #complain(what: string): void {
    this.broken.push(`${this.options.requestId} on ${this.options.url}: ${what}`);
  }
}
