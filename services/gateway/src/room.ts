import { type LogEvent, StepwireError, terminalTypes } from '@stepwire/protocol';

/** What has a place in a dense sequence; `type` tells whether it is the last. */
export interface Item {
  readonly seq: number;
  readonly type: string;
}

/**
 * The live end of one request in this gateway (design §2). It knows nothing of sockets or the broker: what it reads
 * and whom it tells are given to it.
 *
 * 1. It emits head + 1 and nothing else: what it emits is dense, in order, and each event comes once.
 * 2. Feed messages may overlap, repeat, come early, late or never. What comes early waits here, what is missing is read.
 * 3. Who joins at n is let in in one tick, together with n+1 … head; from then on the emissions are theirs too.
 * 4. Recent events are kept only while somebody joins: an idle room is a few numbers.
 * 5. Another epoch empties the room: everybody joins anew.
 */
export interface RoomPorts<E extends Item = LogEvent> {
  /** events from `after` + 1 on, as many as a page holds. @throws StepwireError `unavailable` */
  readonly read: (after: number) => Promise<Page<E>>;
  /** to everyone who was let in */
  readonly emit: (events: readonly E[]) => void;
  /** the history was restored or wiped: everyone who was let in must join anew, they get nothing more until then */
  readonly replaced: () => void;
  /** calls `again` after a pause that grows with `failures` (from 1) */
  readonly later: (failures: number, again: () => void) => void;
}

export interface Page<E extends Item = LogEvent> {
  /** undefined: there is no such request */
  readonly epoch: string | undefined;
  readonly head: number;
  readonly events: readonly E[];
}

/** Where a request's history stands, as the coordinator sees it. */
export interface Sighting {
  readonly seq: number;
  /** undefined: there is no such request (yet), and `seq` is 0 */
  readonly epoch: string | undefined;
  /** the last event ends the request */
  readonly finished: boolean;
}

const MAX_LOOKS = 5;

export class Room<E extends Item = LogEvent> {
  readonly #ports: RoomPorts<E>;
  readonly #maxKept: number;
  /** seq of the last event emitted; undefined until the first one joined */
  #head: number | undefined;
  #epoch: string | undefined;
  /** the highest seq that is known to exist */
  #known = 0;
  #finished = false;
  /** …head, while somebody joins */
  #recent: E[] = [];
  #joining = 0;
  readonly #early = new Map<number, E>();
  /** a read is under way, or a failed one waits for its repeat */
  #reading = false;
  #failures = 0;
  /** counts replaced histories: what was seen in another generation is of no use */
  #generation = 0;
  /** somebody named another epoch: a read tells who is right */
  #doubted = false;
  #closed = false;
  #waiters: { readonly seq: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  /** @param maxKeptEvents kept for those who join, and as many that came early: more are read again instead */
  constructor(ports: RoomPorts<E>, maxKeptEvents = 1024) {
    this.#ports = ports;
    this.#maxKept = maxKeptEvents;
  }

  get head(): number | undefined {
    return this.#head;
  }
  get epoch(): string | undefined {
    return this.#epoch;
  }
  /** ended, and everything emitted */
  get finished(): boolean {
    return this.#finished && this.#known <= (this.#head ?? 0);
  }

  /**
   * @param look reads the snapshot; called again when what it saw is no longer so. null: not for this one, nothing happens
   * @param enter lets them in: the events after the snapshot, to be sent in the same tick
   * @throws StepwireError `unavailable`
   */
  async join<S extends Sighting>(
    look: () => Promise<S | null>,
    enter: (seen: S, tail: readonly E[]) => void,
  ): Promise<S | null> {
    this.#joining += 1;
    try {
      for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
        const generation = this.#generation;
        const seen = await look();
        if (seen === null || this.#closed) return null;
        if (await this.#letIn(seen, generation, (tail) => enter(seen, tail))) return seen;
      }
      throw new StepwireError('unavailable', 'the request’s history is being replaced');
    } finally {
      this.#joining -= 1;
      if (this.#joining === 0) this.#recent = [];
    }
  }

  /** Events of one feed message: dense and in order among themselves. */
  feed(epoch: string, events: readonly E[]): void {
    if (this.#closed) return;
    if (this.#epoch !== epoch) {
      if (this.#head !== undefined && this.#epoch !== undefined) {
        this.#doubt();
        return;
      }
      this.#adopt(epoch);
    }
    this.#take(events);
    this.#advance();
  }

  /** What the coordinator says of the head, asked because nothing came. */
  observe({ seq, epoch, finished }: Sighting): void {
    if (this.#closed || this.#head === undefined) return;
    if (this.#epoch !== undefined && this.#epoch !== epoch) {
      this.#replace();
      return;
    }
    this.#epoch = epoch;
    this.#known = Math.max(this.#known, seq);
    if (finished && seq === this.#known) this.#finished = true;
    this.#advance();
  }

  /** Those who were let in may not hear it after all: the next one in is the first. Who is joining looks again. */
  forget(): void {
    if (this.#head !== undefined) this.#reset();
  }

  /** Nobody is left. What still runs ends without effect. */
  close(): void {
    this.#closed = true;
    this.#reset();
  }

  /** @returns false: take another look */
  async #letIn(seen: Sighting, generation: number, enter: (tail: readonly E[]) => void): Promise<boolean> {
    const missed: E[] = [];
    let at = seen.seq;
    while (generation === this.#generation) {
      if (this.#head === undefined) {
        this.#begin(seen, enter);
        return true;
      }
      if (this.#epoch !== seen.epoch) {
        if (this.#epoch === undefined) this.observe(seen);
        else this.#doubt();
        if (this.#epoch !== seen.epoch) return false;
      }
      if (this.#head < at) {
        this.observe({ ...seen, seq: Math.max(at, this.#known) });
        await this.#reaches(at);
      } else {
        const tail = this.#after(at, this.#head);
        if (tail !== null) {
          if (seen.finished && seen.seq === this.#head) this.#finished = true;
          enter(missed.length === 0 ? tail : [...missed, ...tail]);
          return true;
        }
        const page = await this.#ports.read(at);
        const last = page.events.at(-1);
        if (last === undefined || page.epoch !== seen.epoch || page.events[0]?.seq !== at + 1) return false;
        missed.push(...page.events);
        at = last.seq;
      }
    }
    return false;
  }

  /** The first one in: their snapshot is where the room begins. */
  #begin({ seq, epoch, finished }: Sighting, enter: (tail: readonly E[]) => void): void {
    if (epoch !== undefined && epoch !== this.#epoch) this.#adopt(epoch);
    this.#head = seq;
    this.#known = Math.max(this.#known, seq);
    this.#finished = finished;
    enter([]);
    this.#advance();
  }

  /** The first word on the epoch; what was kept of another is of no use. */
  #adopt(epoch: string): void {
    this.#epoch = epoch;
    this.#known = this.#head ?? 0;
    this.#early.clear();
  }

  #take(events: readonly E[]): void {
    const first = events[0];
    const last = events.at(-1);
    if (first === undefined || last === undefined) return;
    if (last.seq > this.#known) this.#known = last.seq;
    if (this.#head !== undefined) {
      if (last.seq <= this.#head) return;
      if (first.seq <= this.#head + 1) {
        this.#append(first.seq === this.#head + 1 ? events : events.slice(this.#head + 1 - first.seq), last);
        return;
      }
    }
    for (const event of events) if (this.#early.size < this.#maxKept) this.#early.set(event.seq, event);
  }

  #append(events: readonly E[], last: E): void {
    this.#head = last.seq;
    if (terminalTypes.has(last.type)) this.#finished = true;
    if (this.#joining > 0) {
      this.#recent.push(...events);
      if (this.#recent.length > this.#maxKept) this.#recent.splice(0, this.#recent.length - this.#maxKept);
    }
    this.#ports.emit(events);
  }

  /** n+1 … head, or null where they are no longer kept */
  #after(at: number, head: number): readonly E[] | null {
    if (at === head) return [];
    const kept = head - at;
    return kept <= this.#recent.length ? this.#recent.slice(-kept) : null;
  }

  /** Emits what waited for its turn, wakes who waited for it, and reads what is missing. */
  #advance(): void {
    if (this.#early.size > 0) this.#takeEarly();
    const head = this.#head;
    if (head === undefined) return;
    if (this.#waiters.length > 0) {
      for (const waiter of this.#waiters) if (waiter.seq <= head) waiter.resolve();
      this.#waiters = this.#waiters.filter(({ seq }) => seq > head);
    }
    if ((head < this.#known || this.#doubted) && !this.#reading) void this.#catchUp();
  }

  #takeEarly(): void {
    if (this.#head === undefined) return;
    const run: E[] = [];
    for (let next = this.#head + 1; ; next += 1) {
      const event = this.#early.get(next);
      if (event === undefined) break;
      run.push(event);
    }
    const last = run.at(-1);
    if (last !== undefined) this.#append(run, last);
    for (const seq of this.#early.keys()) if (seq <= this.#head) this.#early.delete(seq);
  }

  #reaches(seq: number): Promise<void> {
    if (this.#head !== undefined && this.#head >= seq) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ seq, resolve, reject }));
  }

  async #catchUp(): Promise<void> {
    this.#reading = true;
    const generation = this.#generation;
    try {
      const page = await this.#ports.read(this.#head ?? 0);
      this.#failures = 0;
      if (generation === this.#generation) this.#turn(page);
    } catch (error) {
      for (const { reject } of this.#waiters.splice(0)) reject(error);
      this.#failures += 1;
      if (!this.#closed) this.#ports.later(this.#failures, () => this.#read());
      return;
    }
    this.#read();
  }

  /** The read that was under way has ended: is another needed? */
  #read(): void {
    this.#reading = false;
    if (!this.#closed) this.#advance();
  }

  #turn(page: Page<E>): void {
    if (this.#head === undefined) return;
    if (page.epoch !== this.#epoch) {
      if (this.#epoch !== undefined) {
        this.#replace();
        return;
      }
      this.#epoch = page.epoch;
    }
    this.#doubted = false;
    this.#take(page.events);
    // Whoever said there was more was wrong: asking again would not end.
    if (page.events.length === 0) this.#known = Math.max(page.head, this.#head);
  }

  /** Somebody saw another epoch. Whoever is wrong, a read tells. */
  #doubt(): void {
    this.#doubted = true;
    this.#advance();
  }

  #replace(): void {
    this.#reset();
    this.#ports.replaced();
  }

  #reset(): void {
    this.#generation += 1;
    this.#head = undefined;
    this.#epoch = undefined;
    this.#known = 0;
    this.#finished = false;
    this.#doubted = false;
    this.#recent = [];
    this.#early.clear();
    // They look again; a room that closed lets nobody in.
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }
}
