import type { ErrorBody, LogEvent } from '@stepwire/protocol';
import { pause } from './abortable.ts';
import { isLogEvent, isObject, readAnswer, readRefusal } from './frames.ts';
import { Unanswered } from './link.ts';
import { Listeners, type OnEvent, onEvent, type Unsubscribe } from './listeners.ts';
import type { Store } from './request-store.ts';

export interface FeedOptions {
  /** the cursor that was seen last, in another page for example; `0`: everything that is kept. Default: from now on. */
  readonly since?: string;
  /** event types to narrow to; default: all */
  readonly types?: readonly string[];
  /** how many of the newest events the snapshot keeps; default 100 */
  readonly keep?: number;
}

export interface FeedSnapshot {
  /** the newest, oldest first */
  readonly events: readonly LogEvent[];
  /** opaque; `since` goes on after it. null: nothing has come yet */
  readonly cursor: string | null;
  /** how often the history was replaced or no longer kept, so that it began anew from then on: something may be missing */
  readonly restarts: number;
  /** why it cannot be followed; null where it can */
  readonly refusal: ErrorBody | null;
}

/** Everything of the signed-in user's requests, whether watched or not. Followed while anybody subscribes or listens. */
export interface FeedStore extends Store<FeedSnapshot> {
  readonly on: OnEvent;
}

export interface FeedPorts {
  readonly ask: (command: string, body: object) => Promise<unknown>;
  readonly isOpen: () => boolean;
  readonly changed: () => void;
}

const nothing: FeedSnapshot = { events: [], cursor: null, restarts: 0, refusal: null };
const RETRY_MS = 1_000;
const DEFAULT_KEEP = 100;

/**
 * The feed of a connection, of which there is one. A gateway passes it on in order and without a gap; so it is asked for once on
 * each connection, from the last cursor, and what comes after the answer is new.
 */
export class Feed implements FeedStore {
  readonly #ports: FeedPorts;
  readonly #changes = new Listeners();
  readonly #events = new Listeners<[event: LogEvent]>();
  #options: FeedOptions = {};
  #snapshot = nothing;
  #users = 0;
  #standing: 'apart' | 'asked' | 'level' = 'apart';
  /** counts connections, and beginnings on one */
  #turn = 0;

  readonly getSnapshot = (): FeedSnapshot => this.#snapshot;
  readonly getServerSnapshot = (): FeedSnapshot => nothing;
  readonly subscribe = (changed: () => void): Unsubscribe => this.#hold(this.#changes.add(changed));
  readonly on: OnEvent = onEvent((hear) => this.#hold(this.#events.add(hear)));

  constructor(ports: FeedPorts) {
    this.#ports = ports;
  }

  /** what was missed is still on its way */
  get behind(): boolean {
    return this.#users > 0 && this.#standing !== 'level' && this.#snapshot.refusal === null;
  }

  /** Counts until somebody follows. */
  set(options: FeedOptions): void {
    if (this.#users === 0 && this.#standing === 'apart') this.#options = options;
  }

  /** A connection is open. */
  opened(): void {
    if (this.#users > 0) void this.#ask();
  }

  cut(): void {
    this.#turn += 1;
    this.#standing = 'apart';
    // who comes back later than that begins with what happens then, as with a request that was left
    if (this.#users === 0) this.#snapshot = nothing;
  }

  frame(payload: unknown): void {
    if (!isObject(payload) || typeof payload.cursor !== 'string' || !isLogEvent(payload.event)) return;
    const { cursor, event } = payload;
    const keep = this.#options.keep ?? DEFAULT_KEEP;
    const events = [...this.#snapshot.events, event].slice(-keep);
    this.#show({ events: keep === 0 ? [] : events, cursor });
    this.#events.tell(event);
  }

  /** The gateway ended it, with an `error` frame. */
  ended(payload: unknown): void {
    const refusal = readRefusal(payload);
    if (refusal !== null && this.#users > 0) void this.#refused(refusal);
  }

  #hold(stop: Unsubscribe): Unsubscribe {
    this.#users += 1;
    if (this.#users === 1 && this.#standing === 'apart' && this.#ports.isOpen()) void this.#ask();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      stop();
      // the gateway goes on sending: there is no command to stop it, and who comes back finds it as it is
      this.#users -= 1;
      if (this.#users === 0) this.#ports.changed();
    };
  }

  async #ask(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const { since, types } = this.#options;
    const from = this.#snapshot.cursor ?? since;
    this.#standing = 'asked';
    this.#show({ refusal: null });
    try {
      const body = { ...(from === undefined ? {} : { since: from }), ...(types === undefined ? {} : { types }) };
      const answer = readAnswer(await this.#ports.ask('feed', body));
      if (turn !== this.#turn) return;
      if (!answer.ok) return await this.#refused(answer.error);
      this.#standing = 'level';
      const { cursor } = answer.members;
      // frames may have overtaken the answer
      const begins = this.#snapshot.cursor === (from ?? null) || this.#snapshot.cursor === null;
      this.#show(begins && typeof cursor === 'string' ? { cursor } : {});
    } catch (error) {
      // whoever opens the next connection asks again
      if (!(error instanceof Unanswered)) throw error;
    }
  }

  async #refused(refusal: ErrorBody): Promise<void> {
    const turn = this.#turn;
    if (refusal.code === 'cursor_gone' || refusal.code === 'bad_cursor') {
      const { since: _, ...options } = this.#options;
      this.#options = options;
      this.#show({ cursor: null, restarts: this.#snapshot.restarts + 1 });
    } else if (refusal.code === 'unavailable' || refusal.code === 'rate_limited') {
      await pause(refusal.retryAfterMs ?? RETRY_MS);
    } else {
      this.#show({ refusal });
      return;
    }
    if (turn === this.#turn && this.#users > 0) await this.#ask();
  }

  #show(change: Partial<FeedSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    this.#changes.tell();
    this.#ports.changed();
  }
}
