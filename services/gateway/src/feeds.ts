import { type Caller, type FeedMark, type LogEvent, StepwireError } from '@stepwire/protocol';
import { type Feed, logEvents } from './coordinator-answers.ts';
import type { Coordinator } from './history.ts';
import { type Page, Room, type Sighting } from './room.ts';

/** An event of some request, at its place among all events of the requests of one user. */
export interface FeedItem {
  /** its position */
  readonly seq: number;
  /** no item ends a feed */
  readonly type: 'feed';
  readonly event: LogEvent;
}

/** Whose requests: a user's, or null: those of nobody. */
export type FeedOwner = string | null;

/** Calls do not throw. */
export interface FeedListener {
  hear(owner: FeedOwner, items: readonly FeedItem[]): void;
  /** The numbering was replaced, or what comes next is no longer kept: nothing more is heard. */
  replaced(): void;
}

export interface FeedsOptions {
  readonly coordinator: Coordinator;
  /** Resolves when all that is published for this owner from now on arrives. @throws StepwireError `unavailable` */
  readonly hold: (owner: FeedOwner) => Promise<void>;
  readonly release: (owner: FeedOwner) => void;
  /** calls back after `ms` */
  readonly after: (ms: number, again: () => void) => void;
}

interface Entry {
  readonly room: Room<FeedItem>;
  /** those who joined or are about to */
  readonly listeners: Set<FeedListener>;
  /** of these, who hears what is emitted */
  readonly heard: Set<FeedListener>;
  held: Promise<void> | undefined;
  /** the head when it was last asked for */
  headBefore: number | undefined;
}

interface FeedPage extends Sighting {
  readonly items: readonly FeedItem[];
}

/** Who may read what was checked as the listener came in: the numbering is their own, or they are an operator. */
const asGateway: Caller = { userId: 'gateway', operator: true };

/**
 * All events of a user's requests, live. Positions are dense like the `seq` of a request, so each feed is a {@link Room} of
 * its own: what is missing is read, what comes twice is dropped.
 */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #entries = new Map<FeedOwner, Entry>();

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  /** Where a feed stands now. @throws StepwireError `unavailable` */
  async head(owner: FeedOwner): Promise<FeedMark> {
    const { heads } = await this.#options.coordinator.call('feedHeads', { userIds: [owner] });
    const { epoch, head } = heads[0] ?? { epoch: null, head: 0 };
    return { epoch, position: head };
  }

  /** The items after a mark, as many as a page holds. @throws StepwireError `cursor_gone`, `unavailable` */
  async page(owner: FeedOwner, { epoch, position }: FeedMark): Promise<Page<FeedItem> & { readonly after: number }> {
    return this.#ask(owner, { after: position, epoch });
  }

  /** The oldest items that are kept. @throws StepwireError `unavailable` */
  firstPage(owner: FeedOwner): Promise<Page<FeedItem> & { readonly after: number }> {
    return this.#ask(owner, {});
  }

  /**
   * From now on the listener hears what follows upon the mark, until it leaves.
   * @throws StepwireError `cursor_gone`, `unavailable`
   */
  async join(owner: FeedOwner, mark: FeedMark, listener: FeedListener): Promise<void> {
    const entry = this.#entry(owner);
    entry.listeners.add(listener);
    entry.held ??= this.#options.hold(owner);
    const held = entry.held;
    try {
      await held;
    } catch (error) {
      if (entry.held === held) entry.held = undefined;
      throw error;
    }
    const here = (): boolean => entry.listeners.has(listener);
    const look = async (): Promise<FeedPage | null> => {
      if (!here()) return null;
      const { events: items, epoch } = await this.page(owner, mark);
      return { items, seq: items.at(-1)?.seq ?? mark.position, epoch, finished: false };
    };
    await entry.room.join(look, ({ items }, tail) => {
      if (!here()) return;
      entry.heard.add(listener);
      if (items.length > 0) listener.hear(owner, items);
      if (tail.length > 0) listener.hear(owner, tail);
    });
  }

  leave(owner: FeedOwner, listener: FeedListener): void {
    const entry = this.#entries.get(owner);
    if (entry === undefined) return;
    entry.listeners.delete(listener);
    entry.heard.delete(listener);
    if (entry.listeners.size > 0) return;
    this.#entries.delete(owner);
    entry.room.close();
    entry.held?.then(
      () => this.#options.release(owner),
      () => undefined, // what was never held needs no release
    );
  }

  /** of the numbering that listeners hear */
  epochOf(owner: FeedOwner): string | null {
    return this.#entries.get(owner)?.room.epoch ?? null;
  }

  feed({ userId, feedEpoch, position, events }: Feed): void {
    const items = events.map((event, at): FeedItem => ({ seq: position + at, type: 'feed', event }));
    this.#entries.get(userId)?.room.feed(feedEpoch, items);
  }

  /** As {@link Rooms.heal}. @throws StepwireError `unavailable` */
  async heal(all = false): Promise<void> {
    const still = [...this.#entries].filter(([, entry]) => {
      const { head } = entry.room;
      const moved = entry.headBefore !== undefined && entry.headBefore !== head;
      entry.headBefore = head;
      return head !== undefined && (all || !moved);
    });
    for (let at = 0; at < still.length; at += HEADS_PER_CALL) {
      const some = still.slice(at, at + HEADS_PER_CALL);
      const userIds = some.map(([owner]) => owner);
      const { heads } = await this.#options.coordinator.call('feedHeads', { userIds });
      for (const [index, [, { room, headBefore }]] of some.entries()) {
        const { epoch = null, head = 0 } = heads[index] ?? {};
        if (room.head === headBefore) room.observe({ seq: head, epoch: epoch ?? undefined, finished: false });
      }
    }
  }

  #entry(owner: FeedOwner): Entry {
    const found = this.#entries.get(owner);
    if (found !== undefined) return found;
    const entry: Entry = {
      room: new Room<FeedItem>({
        read: (after) => this.#read(owner, after),
        emit: (items) => {
          for (const listener of [...entry.heard]) listener.hear(owner, items);
        },
        replaced: () => {
          for (const listener of [...entry.heard]) listener.replaced();
        },
        later: (failures, again) => this.#options.after(Math.min(5_000, 100 * 2 ** failures), again),
      }),
      listeners: new Set(),
      heard: new Set(),
      held: undefined,
      headBefore: undefined,
    };
    this.#entries.set(owner, entry);
    return entry;
  }

  /** For the room: a history in which the next item is no longer kept is another one. */
  async #read(owner: FeedOwner, after: number): Promise<Page<FeedItem>> {
    try {
      return await this.#ask(owner, { after });
    } catch (error) {
      if (error instanceof StepwireError && error.code === 'cursor_gone')
        return { epoch: undefined, head: 0, events: [] };
      throw error;
    }
  }

  async #ask(owner: FeedOwner, from: { after?: number; epoch?: string | null }) {
    const params = { caller: asGateway, userId: owner, ...from };
    const { epoch, head, after, events } = await this.#options.coordinator.call('feed', params);
    // positions are dense; the seq of each request are not, in a feed
    const items = events.flatMap((one, at) =>
      logEvents([one]).map((event): FeedItem => ({ seq: after + 1 + at, type: 'feed', event })),
    );
    return { epoch: epoch ?? undefined, head, after, events: items };
  }
}

/** owners in one question */
const HEADS_PER_CALL = 1000;
