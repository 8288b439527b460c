import type { Caller, LogEvent, Viewer } from '@stepwire/protocol';
import { mayWatch } from '@stepwire/run-model';
import type { Feed } from './coordinator-answers.ts';
import { type Coordinator, type From, History, type View } from './history.ts';
import { type Page, Room } from './room.ts';

export interface Shards {
  hold(requestId: string): Promise<void>;
  release(requestId: string): void;
}
/** Whoever was let into a room, however they listen. */
export interface Audience {
  emit(events: readonly LogEvent[]): void;
}

/** One attempt of one connection to watch one request. Calls do not throw. */
export interface Watcher<A extends Audience> {
  readonly viewer: Viewer;
  /** Sends the snapshot and the events after it; where the request is known, {@link listen} follows in the same tick. */
  enter(view: View, tail: readonly LogEvent[]): void;
  /** From now on hears what is emitted. An unknown request that comes to be is heard from seq 1. */
  listen(audience: A): void;
  /** The history was replaced: stops listening; another attempt begins from nothing. */
  replaced(): void;
}

/** `waiting`: told that the request is unknown, hears nothing until it comes to be and is theirs */
type Place = 'joining' | 'waiting' | 'listening';

interface Entry<A extends Audience> {
  readonly room: Room;
  readonly history: History;
  readonly audience: A;
  readonly watchers: Map<Watcher<A>, Place>;
  /** undefined: not known yet */
  owner: string | null | undefined;
  held: Promise<void> | undefined;
  /** the head when it was last asked for */
  headBefore: number | undefined;
}

/** Rooms read for all who are in them; each watcher's own right to see was checked as they came in. */
const asGateway: Caller = { userId: 'gateway', operator: true };
/** ids in one question for heads */
const HEADS_PER_CALL = 1000;
export interface RoomsOptions<A extends Audience> {
  readonly coordinator: Coordinator;
  readonly shards: Shards;
  readonly audience: (requestId: string) => A;
  /** calls back after `ms` */
  readonly after: (ms: number, again: () => void) => void;
  /** see {@link Room}; tests make it small */
  readonly maxKeptEvents?: number;
}

/** The rooms of this gateway, made by the first watcher and dropped after the last. */
export class Rooms<A extends Audience> {
  readonly #options: RoomsOptions<A>;
  readonly #entries = new Map<string, Entry<A>>();

  constructor(options: RoomsOptions<A>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Lets a watcher in. After a failure they still belong to the room, until they join again or leave.
   * @returns what they were sent as they came in, or null when they left before
   * @throws StepwireError `unavailable`
   */
  async join(requestId: string, watcher: Watcher<A>, from: From): Promise<View | null> {
    const entry = this.#entry(requestId);
    entry.watchers.set(watcher, 'joining');
    await this.#hold(requestId, entry);
    if (!entry.watchers.has(watcher)) return null;
    const theirs = (): boolean => entry.owner !== undefined && owns(watcher.viewer, entry.owner);
    let hidden: View | null = null;
    let entered = false;
    const look = async (): Promise<View | null> => {
      if (!entry.watchers.has(watcher)) return null;
      const view = await entry.history.view(watcher.viewer, from);
      if (!entry.watchers.has(watcher)) return null;
      if (view.state !== null) this.#learnOwner(entry, view.state.userId);
      else if (entry.owner !== undefined && !theirs()) {
        // Somebody else's, and their room may be live: this one takes no part in it.
        hidden = view;
        return null;
      }
      return view;
    };
    const enter = (view: View, tail: readonly LogEvent[]): void => {
      if (!entry.watchers.has(watcher)) return;
      // It may have come to be since it was looked at.
      const place = view.state !== null || theirs() ? 'listening' : 'waiting';
      entry.watchers.set(watcher, place);
      entered = true;
      watcher.enter(view, tail);
      if (place === 'listening') watcher.listen(entry.audience);
    };
    const view = await entry.room.join(look, enter);
    if (view === null && hidden !== null) enter(hidden, []);
    return entered ? (view ?? hidden) : null;
  }

  leave(requestId: string, watcher: Watcher<A>): void {
    const entry = this.#entries.get(requestId);
    if (entry === undefined) return;
    entry.watchers.delete(watcher);
    if (entry.watchers.size > 0) {
      if (!occupied(entry)) entry.room.forget();
      return;
    }
    this.#entries.delete(requestId);
    entry.room.close();
    entry.held?.then(
      () => this.#options.shards.release(requestId),
      () => undefined, // what was never held needs no release
    );
  }

  feed({ requestId, epoch, userId, events }: Pick<Feed, 'requestId' | 'epoch' | 'userId' | 'events'>): void {
    const entry = this.#entries.get(requestId);
    if (entry === undefined) return;
    this.#learnOwner(entry, userId);
    if (occupied(entry)) entry.room.feed(epoch, events);
  }

  /**
   * Asks for the heads of unfinished rooms that did not move since the last call, or of all (the feed was interrupted), so
   * that the loss of a last message is healed too.
   * @throws StepwireError `unavailable`
   */
  async heal(all = false): Promise<void> {
    const still: [string, Entry<A>][] = [];
    for (const [requestId, entry] of this.#entries) {
      const { head } = entry.room;
      const moved = entry.headBefore !== undefined && entry.headBefore !== head;
      if (head !== undefined && (all || (!moved && !entry.room.finished))) still.push([requestId, entry]);
      entry.headBefore = head;
    }
    for (let at = 0; at < still.length; at += HEADS_PER_CALL) await this.#compare(still.slice(at, at + HEADS_PER_CALL));
  }

  async #compare(still: readonly [string, Entry<A>][]): Promise<void> {
    const before = new Map(still.map(([, entry]) => [entry, entry.room.epoch]));
    const heads = await this.#options.coordinator.call('heads', { requestIds: still.map(([requestId]) => requestId) });
    for (const [requestId, entry] of still) {
      // What changed while we asked has moved; the answer may be older than that.
      if (entry.room.epoch !== before.get(entry) || entry.room.head !== entry.headBefore) continue;
      const head = Object.hasOwn(heads, requestId) ? heads[requestId] : undefined;
      entry.room.observe(head ?? { seq: 0, epoch: undefined, finished: false });
    }
  }

  #entry(requestId: string): Entry<A> {
    const found = this.#entries.get(requestId);
    if (found !== undefined) return found;
    const { coordinator, audience, after, maxKeptEvents } = this.#options;
    const room: Room = new Room(
      {
        read: (seq) => this.#read(entry, seq),
        emit: (events) => entry.audience.emit(events),
        replaced: () => {
          entry.owner = undefined;
          // Those who are joining take another look by themselves.
          for (const [watcher, place] of [...entry.watchers]) if (place !== 'joining') watcher.replaced();
        },
        later: (failures, again) => after(Math.min(5_000, 100 * 2 ** failures), again),
      },
      maxKeptEvents,
    );
    const entry: Entry<A> = {
      room,
      history: new History(coordinator, requestId),
      audience: audience(requestId),
      watchers: new Map(),
      owner: undefined,
      held: undefined,
      headBefore: undefined,
    };
    this.#entries.set(requestId, entry);
    return entry;
  }

  async #hold(requestId: string, entry: Entry<A>): Promise<void> {
    entry.held ??= this.#options.shards.hold(requestId);
    const held = entry.held;
    try {
      await held;
    } catch (error) {
      if (entry.held === held) entry.held = undefined;
      throw error;
    }
  }

  /**
   * Comes before anything of the request is emitted: those who waited for it to come to be hear it from its beginning.
   * Where none of them may, the room forgets that it began at 0, so that its history is not read for nobody.
   */
  #learnOwner(entry: Entry<A>, userId: string | null): void {
    if (entry.owner !== undefined) return;
    entry.owner = userId;
    for (const [watcher, place] of entry.watchers) {
      if (place !== 'waiting' || !owns(watcher.viewer, userId)) continue;
      entry.watchers.set(watcher, 'listening');
      watcher.listen(entry.audience);
    }
    if (![...entry.watchers.values()].includes('listening')) entry.room.forget();
  }

  /** A page for the room: it tells whose request it is, while nobody knows. */
  async #read(entry: Entry<A>, after: number): Promise<Page> {
    if (entry.owner !== undefined) return entry.history.page(asGateway, after);
    const { userId, ...page } = await entry.history.ownedPage(asGateway, after);
    if (userId !== undefined) this.#learnOwner(entry, userId);
    return page;
  }
}

/** Whether anybody hears the room, or soon will. */
const occupied = (entry: Entry<Audience>): boolean => {
  for (const place of entry.watchers.values()) if (place !== 'waiting' || entry.owner === undefined) return true;
  return false;
};

/** Whether it is theirs however it is found. A share says nothing by itself: the coordinator knows what it shows. */
const owns = (viewer: Viewer, userId: string | null): boolean => !('shareId' in viewer) && mayWatch({ userId }, viewer);
