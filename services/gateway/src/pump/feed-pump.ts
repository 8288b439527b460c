import { type Caller, encodeFeedCursor, type FeedMark, type LogEvent, StepwireError } from '@stepwire/protocol';
import type { FeedItem, FeedListener, FeedOwner, Feeds } from '../feeds.ts';
import type { Backlog } from './backlog.ts';
import type { Sink } from './sink.ts';

export interface FeedPumpOptions {
  readonly feeds: Feeds;
  readonly caller: Caller;
  /** where it begins, see `feedMarks` */
  readonly marks: ReadonlyMap<FeedOwner, FeedMark>;
  readonly sink: Sink;
  readonly backlog: Backlog;
  /** Passes an event on; resolves when the next may come. @param cursor where a client that has it goes on */
  readonly pass: (event: LogEvent, cursor: string) => void | Promise<void>;
}

const RETRY_BASE_MS = 200;
const RETRY_MAX_MS = 5_000;
/** items that may wait for {@link FeedPumpOptions.pass} */
const MAX_WAITING = 10_000;

/**
 * All of a user's requests, history and then live, to one connection, as {@link RequestPump} does for one request. Operators
 * have the requests of nobody too: a second numbering, whose events come in between.
 */
export class FeedPump implements FeedListener {
  readonly #options: FeedPumpOptions;
  readonly #marks: Map<FeedOwner, FeedMark>;
  #waiting: { readonly owner: FeedOwner; readonly item: FeedItem }[] = [];
  #passing = false;
  #stopped = false;

  constructor(options: FeedPumpOptions) {
    this.#options = options;
    this.#marks = new Map(options.marks);
  }

  /** where it is */
  get cursor(): string {
    const { userId } = this.#options.caller;
    return encodeFeedCursor(userId, { own: this.#mark(userId), ownerless: this.#marks.get(null) });
  }

  /** Does not throw; goes on until {@link stop}. */
  async run(): Promise<void> {
    for (const owner of this.#marks.keys()) await this.#follow(owner);
  }

  stop(): void {
    this.#stopped = true;
    for (const owner of this.#marks.keys()) this.#options.feeds.leave(owner, this);
  }

  hear(owner: FeedOwner, items: readonly FeedItem[]): void {
    if (this.#stopped) return;
    for (const item of items) this.#waiting.push({ owner, item });
    if (!this.#passing) void this.#pass();
    if (this.#stopped) return;
    if (this.#options.backlog.isOver() || this.#waiting.length > MAX_WAITING)
      this.#end(this.#options.backlog.refusal());
  }

  replaced(): void {
    this.#end(new StepwireError('cursor_gone', 'the history of this feed was replaced, or is no longer kept'));
  }

  async #follow(owner: FeedOwner): Promise<void> {
    for (let waitMs = RETRY_BASE_MS; !this.#stopped; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        await this.#catchUp(owner);
        if (!this.#stopped) await this.#options.feeds.join(owner, this.#mark(owner), this);
        return;
      } catch (error) {
        const refusal =
          error instanceof StepwireError ? error : new StepwireError('unavailable', 'a defect', { cause: error });
        if (refusal.code !== 'unavailable') return this.#end(refusal);
        this.#options.sink.unavailable(refusal);
      }
      await new Promise<void>((resolve) => void setTimeout(resolve, waitMs).unref());
    }
  }

  async #catchUp(owner: FeedOwner): Promise<void> {
    const { feeds, backlog } = this.#options;
    while (!this.#stopped) {
      const { epoch, head, events } = await feeds.page(owner, this.#mark(owner));
      for (const item of events) await this.#passOn(owner, item, epoch);
      if (events.length === 0 || this.#mark(owner).position >= head) return;
      if (!(await backlog.drained())) return this.#end(backlog.refusal());
    }
  }

  async #pass(): Promise<void> {
    this.#passing = true;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        for (const { owner, item } of batch) {
          const passed = this.#passOn(owner, item);
          if (passed !== undefined) await passed;
        }
      }
    } catch (error) {
      this.#end(
        error instanceof StepwireError ? error : new StepwireError('unavailable', 'a defect', { cause: error }),
      );
    } finally {
      this.#passing = false;
    }
  }

  #passOn(owner: FeedOwner, { seq, event }: FeedItem, epoch?: string): void | Promise<void> {
    const mark = this.#mark(owner);
    if (this.#stopped || seq <= mark.position) return;
    this.#marks.set(owner, { epoch: epoch ?? mark.epoch ?? this.#options.feeds.epochOf(owner), position: seq });
    return this.#options.pass(event, this.cursor);
  }

  #mark(owner: FeedOwner): FeedMark {
    return this.#marks.get(owner) ?? { epoch: null, position: 0 };
  }

  #end(reason: StepwireError): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.sink.end(reason);
  }
}
