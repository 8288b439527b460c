import type { ErrorBody, LogEvent } from '@stepwire/protocol';
import { type Cursor, cursorOf, type Following, follow, hasEnded, type Incoming, isStale, step } from './following.ts';
import { Listeners } from './listeners.ts';
import { type RequestSnapshot, Snapshots } from './snapshot.ts';

export interface WatchedPorts {
  /** a join must be sent */
  readonly join: () => void;
  /** before those who listen to this one are told */
  readonly news: (events: readonly LogEvent[]) => void;
  readonly changed: () => void;
  /** nobody has watched for {@link LINGER_MS} */
  readonly abandoned: () => void;
}

/** Who stops watching and begins again within this finds everything as it was: a page that changes, React's StrictMode (ms). */
const LINGER_MS = 1_000;
/** where versions differ, the server's state is asked for this often (ms) */
const REFRESH_MS = 500;

/** One request that somebody watches: {@link step} with its effects. */
export class Watched {
  readonly requestId: string;
  readonly changes = new Listeners();
  readonly events = new Listeners<[event: LogEvent]>();
  readonly #ports: WatchedPorts;
  readonly #snapshots: Snapshots;
  #following: Following;
  #refusal: ErrorBody | null = null;
  #users = 0;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #refresh: ReturnType<typeof setTimeout> | undefined;

  constructor(requestId: string, from: Cursor, ports: WatchedPorts) {
    this.requestId = requestId;
    this.#ports = ports;
    this.#snapshots = new Snapshots(requestId);
    this.#following = follow(requestId, from);
  }

  get snapshot(): RequestSnapshot {
    return this.#snapshots.get(this.#following, this.#refusal);
  }
  get following(): Following {
    return this.#following;
  }
  get ended(): boolean {
    return hasEnded(this.#following);
  }
  /** what was missed is still on its way */
  get behind(): boolean {
    return this.#following.standing !== 'level' && this.#refusal === null;
  }

  /** @returns what ends it, once */
  hold(): () => void {
    clearTimeout(this.#linger);
    this.#users += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#users -= 1;
      if (this.#users === 0) this.#linger = setTimeout(() => this.#ports.abandoned(), LINGER_MS);
    };
  }

  /** What to join with; what comes from now on follows on it. */
  joining(): { readonly requestId: string } & Cursor {
    this.#refusal = null;
    this.take({ kind: 'asking' });
    return { requestId: this.requestId, ...cursorOf(this.#following) };
  }

  refuse(error: ErrorBody): void {
    this.#refusal = error;
    this.#tell();
  }

  /** Says so where a `state` that had no epoch is now known to be of this one. */
  learnEpoch(epoch: string): void {
    if (this.#following.epoch === null) this.#following = { ...this.#following, epoch };
  }

  take(incoming: Incoming): void {
    const before = this.#following;
    const { following, news, ask } = step(before, incoming);
    this.#following = following;
    if (incoming.kind === 'state') this.#refusal = null;
    if (news.length > 0) {
      this.#ports.news(news);
      for (const event of news) this.events.tell(event);
    }
    if (ask) this.#ports.join();
    if (isStale(following)) this.#refresh ??= setTimeout(() => this.#askAgain(), REFRESH_MS);
    if (following.view !== before.view || following.standing !== before.standing) this.#tell();
  }

  /** Nobody watches it any longer. */
  close(): void {
    clearTimeout(this.#linger);
    clearTimeout(this.#refresh);
  }

  #askAgain(): void {
    this.#refresh = undefined;
    if (this.#following.standing === 'level') this.#ports.join();
  }

  #tell(): void {
    this.changes.tell();
    this.#ports.changed();
  }
}
