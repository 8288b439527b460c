import type { Client, ErrorBody, LogEvent, Store } from '@stepwire/client';
import type { GatewayApi } from '../shell/gateway-api.ts';
import { asRefusal } from '../shell/session.ts';
import { activeAfter, activeStatuses, ends, type RequestRow } from './request-rows.ts';

export interface RunningSnapshot {
  /** newest first; null: not known yet */
  readonly rows: readonly RequestRow[] | null;
  /** there are more than {@link MAX_ROWS} */
  readonly more: boolean;
  /** how often one has ended: then there is something new among those that have */
  readonly ended: number;
  /** why it is not known; null: it is */
  readonly error: ErrorBody | null;
}

interface ListPage {
  readonly requests: readonly RequestRow[];
  readonly cursor: string | null;
}

/** what the feed is asked for: its events of every kind would be everything, twice */
export const feedTypes = [
  ...['request.accepted', 'request.completed', 'request.failed', 'request.cancelled'],
  ...['request.stalled', 'request.resumed'],
  ...['executor.question.asked', 'question.answered', 'question.expired'],
];

const MAX_ROWS = 100;
/** a page may be short and yet go on */
const MAX_PAGES = 5;
/** operators also see what is not in their feed, other people's requests: looked for this often (ms) */
const LOOK_EVERY_MS = 20_000;
const nothing: RunningSnapshot = { rows: null, more: false, ended: 0, error: null };

/**
 * What is under way, of all that the user may see. A list over REST, and from then on what the feed tells: events that come
 * while the list is asked for are told to it again, so that none falls between the two.
 */
export class RunningRequests implements Store<RunningSnapshot> {
  readonly #api: Pick<GatewayApi, 'ask'>;
  readonly #client: Client;
  readonly #changes = new Set<() => void>();
  #snapshot = nothing;
  #heard: LogEvent[] | null = null;
  #again = false;

  constructor(api: Pick<GatewayApi, 'ask'>, client: Client) {
    this.#api = api;
    this.#client = client;
  }

  readonly getSnapshot = (): RunningSnapshot => this.#snapshot;
  readonly getServerSnapshot = (): RunningSnapshot => nothing;
  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changes.add(changed);
    return () => this.#changes.delete(changed);
  };

  /** @returns what ends it */
  follow(): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    const look = (): void => {
      if (document.visibilityState === 'visible') void this.#look(signal);
    };
    const feed = this.#client.feed({ types: feedTypes, keep: 0 }).on('*', (event) => this.#hear(event));
    let { state } = this.#client.status.getSnapshot();
    const status = this.#client.status.subscribe(() => {
      const before = state;
      state = this.#client.status.getSnapshot().state;
      const up = state === 'live' || state === 'catching-up';
      if (up && before !== 'live' && before !== 'catching-up') look();
    });
    const timer = setInterval(look, LOOK_EVERY_MS);
    document.addEventListener('visibilitychange', look, { signal });
    void this.#look(signal);
    return () => {
      stop.abort();
      feed();
      status();
      clearInterval(timer);
    };
  }

  #hear(event: LogEvent): void {
    this.#heard?.push(event);
    const { rows, ended } = this.#snapshot;
    this.#show({
      ...(rows === null ? {} : { rows: activeAfter(rows, event) }),
      ...(ends(event) ? { ended: ended + 1 } : {}),
    });
  }

  async #look(signal: AbortSignal): Promise<void> {
    if (this.#heard !== null) {
      this.#again = true;
      return;
    }
    const heard: LogEvent[] = [];
    this.#heard = heard;
    try {
      const { rows, more } = await this.#list(signal);
      const known = heard.reduce(activeAfter, rows);
      this.#show({ rows: known, more, error: null });
    } catch (error) {
      // what was known is better than nothing: it is marked as old by the connection
      if (!signal.aborted) this.#show({ error: asRefusal(error) });
    } finally {
      this.#heard = null;
    }
    if (this.#again && !signal.aborted) {
      this.#again = false;
      await this.#look(signal);
    }
  }

  async #list(signal: AbortSignal): Promise<{ rows: readonly RequestRow[]; more: boolean }> {
    const rows: RequestRow[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const query = new URLSearchParams({ status: activeStatuses.join(), limit: String(MAX_ROWS) });
      if (cursor !== null) query.set('cursor', cursor);
      const answer: ListPage = await this.#api.ask(`/api/requests?${query}`, { signal });
      rows.push(...answer.requests);
      cursor = answer.cursor;
      if (cursor === null || rows.length >= MAX_ROWS) break;
    }
    return { rows: rows.slice(0, MAX_ROWS), more: cursor !== null };
  }

  #show(change: Partial<RunningSnapshot>): void {
    const next = { ...this.#snapshot, ...change };
    const same =
      next.rows === this.#snapshot.rows &&
      next.ended === this.#snapshot.ended &&
      next.more === this.#snapshot.more &&
      next.error === this.#snapshot.error;
    if (same) return;
    this.#snapshot = next;
    for (const changed of [...this.#changes]) changed();
  }
}
