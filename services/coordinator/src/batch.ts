import { type Command, eventId, limits, RESERVED_ID_PREFIX } from '@stepwire/protocol';
import {
  type Decision,
  decide,
  type Input,
  isFinished,
  mayWatch,
  type Policy,
  type RunState,
} from '@stepwire/run-model';
import {
  type Advance,
  eventKey,
  type NumberedRow,
  type ProjectionRow,
  type TimerChange,
  timerKey,
} from './statements.ts';
import { canonicalBody, givenId, type Outcome, requestIdOf, type Write, withSeq } from './write.ts';

/** The state of a request as of its newest committed event. */
export interface Head {
  readonly epoch: string;
  readonly state: RunState;
  readonly snapshotSeq: number;
}

/** A snapshot is stored when this many events came after the last one. */
const SNAPSHOT_EVERY = 64;

/** What the log already says about the writes of a batch, read under the row locks. */
export interface Known {
  readonly events: Map<string, number>;
  readonly hashes: Map<string, number>;
  readonly timers: ReadonlySet<string>;
}

/** The requests of nobody have a numbering of their own, by an id that no user can have. */
export const numberingOf = (userId: string | null): string => userId ?? '';

/** Feed message in the making: the JSON texts of one request's new events. */
export interface FeedGroup {
  readonly epoch: string;
  readonly userId: string | null;
  readonly bodies: string[];
}

/**
 * Decides a batch of writes against the locked heads: pure but for what it collects. Nothing of it is visible before
 * the caller has committed.
 */
export class Batch {
  readonly outcomes: Outcome[] = [];
  readonly rows: NumberedRow[] = [];
  readonly commands: Command[] = [];
  readonly timerChanges: TimerChange[] = [];
  readonly feed = new Map<string, FeedGroup>();
  /** the heads after this batch */
  readonly heads: Map<string, Head>;
  private readonly finished = new Set<string>();
  private readonly before: ReadonlyMap<string, Head>;
  private readonly known: Known;
  private readonly policy: Policy;
  private readonly now: number;

  constructor(before: ReadonlyMap<string, Head>, known: Known, policy: Policy, now: number) {
    this.before = before;
    this.heads = new Map(before);
    this.known = known;
    this.policy = policy;
    this.now = now;
  }

  add(write: Write): void {
    this.outcomes.push(this.outcomeOf(write));
  }

  private outcomeOf(write: Write): Outcome {
    const requestId = requestIdOf(write);
    const head = this.heads.get(requestId);
    if (head === undefined)
      return write.kind === 'command' ? { kind: 'not_found' } : { kind: 'refused', reason: 'unknown_request' };
    const id = this.idOf(write);
    const { state, epoch } = head;
    if (write.kind === 'command' && write.input.kind !== 'start' && !mayWatch(state, write.caller))
      return { kind: 'not_found' };
    if (id !== undefined) {
      const seq = id === null ? 0 : this.known.events.get(eventKey(requestId, id));
      if (seq !== undefined) return { kind: 'repeated', state, epoch, seq };
    }
    if (write.kind === 'timer' && !this.known.timers.has(timerKey(requestId, write.timer)))
      return { kind: 'refused', reason: 'timer_moved' };

    const decision = decide(state, inputOf(write, id ?? ''), this.now, this.policy);
    if (decision.kind === 'rejected') return { kind: 'rejected', state, epoch, error: decision.error };
    if (decision.kind === 'refused') return decision;

    const given = write.kind === 'timer' || write.kind === 'silence' || write.kind === 'claim' ? undefined : id;
    this.append(requestId, head, decision, given);
    const after = decision.state;
    this.commands.push(...decision.commands);
    for (const { kind, key } of decision.clearTimers) this.timerChanges.push({ requestId, kind, key, set: null });
    for (const set of decision.setTimers) this.timerChanges.push({ requestId, kind: set.kind, key: set.key, set });
    const own = given === undefined || given === null ? undefined : this.known.events.get(eventKey(requestId, given));
    const { rejection } = decision;
    return {
      kind: 'applied',
      state: after,
      epoch,
      seq: own ?? after.seq,
      ...(rejection === undefined ? {} : { rejection }),
    };
  }

  /** The id of a write; null for a redelivered body without an id that is its own repeat. */
  private idOf(write: Write): string | null | undefined {
    if (write.kind !== 'event' || write.hash === undefined) return givenId(write);
    const key = eventKey(write.event.requestId, write.hash);
    const occurrences = this.known.hashes.get(key) ?? 0;
    if (write.redelivered && occurrences > 0) return null;
    this.known.hashes.set(key, occurrences + 1);
    return `${write.hash}#${occurrences + 1}`;
  }

  private append(requestId: string, head: Head, { events, state }: Decision, given: string | null | undefined): void {
    if (events.length === 0) return;
    let group = this.feed.get(requestId);
    if (group === undefined) {
      group = { epoch: head.epoch, userId: state.userId, bodies: [] };
      this.feed.set(requestId, group);
    }
    let { seq } = head.state;
    for (const decided of events) {
      seq += 1;
      // an id of our own making: reserved, so that nobody can occupy it beforehand
      const event = decided.id === given ? decided : { ...decided, id: eventId(RESERVED_ID_PREFIX, decided.id, seq) };
      const body = canonicalBody(event);
      this.known.events.set(eventKey(requestId, event.id), seq);
      this.rows.push({ requestId, seq, eventId: event.id, body });
      group.bodies.push(withSeq(body, seq));
    }
    this.heads.set(requestId, { ...head, state });
    if (isFinished(state.status)) this.finished.add(requestId);
  }

  /** Of the timers that were set, when the first is due (ms from now). */
  soonestTimerMs(): number {
    return this.timerChanges.reduce((soonest, { set }) => Math.min(soonest, set?.inMs ?? Infinity), Infinity);
  }

  /** Requests that ended in this batch: they have no timers any more. */
  get finishedIds(): string[] {
    return [...this.finished];
  }

  /** Rows that were made for a first event which then was refused. */
  get emptyIds(): string[] {
    return [...this.heads].filter(([, head]) => head.state.seq === 0).map(([id]) => id);
  }

  /** How far each numbering moves, by the bytes of its user's id. */
  advances(): Advance[] {
    const counts = new Map<string, number>();
    for (const { userId, bodies } of this.feed.values()) {
      const numbering = numberingOf(userId);
      counts.set(numbering, (counts.get(numbering) ?? 0) + bodies.length);
    }
    const advances = Array.from(counts, ([userId, count]) => ({ userId, count }));
    return advances.length < 2 ? advances : advances.sort((a, b) => compareBytes(a.userId, b.userId));
  }

  /** The changed rows of `requests`, in the order of their feeds; a snapshot goes in every {@link SNAPSHOT_EVERY} events and at the end. */
  projections(advances: readonly Advance[]): ProjectionRow[] {
    const rows: ProjectionRow[] = [];
    const places = new Map(advances.map(({ userId }, i) => [userId, i + 1]));
    /** by numbering: events of this batch that come after those of the request at hand */
    const after = new Map<string, number>();
    for (const [requestId, group] of [...this.feed].reverse()) {
      const head = this.heads.get(requestId);
      if (head === undefined) continue;
      const { state } = head;
      const finished = isFinished(state.status);
      const due = finished || state.seq - head.snapshotSeq >= SNAPSHOT_EVERY;
      if (due) this.heads.set(requestId, { ...head, snapshotSeq: state.seq });
      const numbering = numberingOf(group.userId);
      const following = after.get(numbering) ?? 0;
      after.set(numbering, following + group.bodies.length);
      const isNewQuery = state.userQuery !== null && this.before.get(requestId)?.state.userQuery === null;
      rows.push({
        requestId,
        userId: state.userId,
        userQuery: isNewQuery ? columnText(state.userQuery.slice(0, limits.listedQueryChars)) : null,
        managed: state.managed,
        status: state.status,
        progress: state.progress,
        currentStage: columnText(state.currentStage),
        stalled: state.stalled,
        firstSeq: state.seq - group.bodies.length + 1,
        seq: state.seq,
        following,
        place: places.get(numbering) ?? 0,
        snapshot: due ? JSON.stringify(state) : null,
        finished,
      });
    }
    return rows.reverse();
  }
}

const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What a text column can't hold becomes U+FFFD; the snapshot and the events have it as it was. */
export const columnText = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

function inputOf(write: Write, id: string): Input {
  switch (write.kind) {
    case 'event':
      return {
        kind: 'event',
        event: write.event.id === id ? write.event : { ...write.event, id },
        userId: write.userId,
      };
    case 'command':
    case 'claim':
      return write.input;
    case 'timer':
      return { kind: 'timer', timer: write.timer };
    case 'silence':
      return { kind: 'silence' };
  }
}
