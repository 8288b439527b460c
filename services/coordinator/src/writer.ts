import { randomUUID } from 'node:crypto';
import { StepwireError } from '@stepwire/protocol';
import { evolve, initialState, type Policy, type RunState } from '@stepwire/run-model';
import type pg from 'pg';
import { Batch, type FeedGroup, type Head, type Known, numberingOf } from './batch.ts';
import {
  append,
  changeTimers,
  countHashes,
  dropEmpty,
  dropTimers,
  knownEvents,
  lockRequests,
  type Numbering,
  type OutboxRow,
  type ProjectionRow,
  readEventsAfter,
  readSnapshots,
  takeDueTimers,
  writeOutbox,
} from './statements.ts';
import { givenId, mayCreate, type Outcome, parseBody, requestIdOf, type Write } from './write.ts';

/**
 * The one writer of history (design §2).
 *
 * 1. One writer: `seq` is given out here alone, under the request's row lock, and `position`, the number in the feed of the
 *    request's owner, under that numbering's.
 * 2. Durable before visible: {@link WriterOptions.onCommitted} and every outcome come after the commit.
 * 3. Effects come from the log: commands are outbox rows of the transaction whose events cause them.
 * 4. Time is the database's: replicas whose clocks differ decide alike whether a question is overdue.
 *
 * Batches form by themselves: while one transaction commits, the next collects. The cached heads change only after a
 * commit and are dropped on any error.
 */
export interface WriterOptions {
  readonly pool: pg.Pool;
  readonly policy: Policy;
  /** after each commit, in commit order; must not throw. `soonestTimerMs`: of the timers that were set, Infinity if none */
  readonly onCommitted: (
    feed: ReadonlyMap<string, PlacedGroup>,
    outbox: readonly OutboxRow[],
    soonestTimerMs: number,
  ) => void;
}

/** The new events of one request and the place of the first of them in the owner's numbering. */
export interface PlacedGroup extends FeedGroup {
  readonly feedEpoch: string;
  readonly position: number;
}

interface Pending {
  readonly writes: readonly Write[];
  readonly resolve: (outcomes: Outcome[]) => void;
  readonly reject: (error: StepwireError) => void;
}

/** writes in one transaction */
const MAX_BATCH = 2_000;
/** heads kept in memory; the least recently written go first */
const MAX_HEADS = 20_000;

export class Writer {
  private readonly options: WriterOptions;
  private readonly heads = new Map<string, Head>();
  private queue: Pending[] = [];
  private running: Promise<void> | undefined;

  constructor(options: WriterOptions) {
    this.options = options;
  }

  /**
   * Resolves with one outcome per write, in order, once they are committed.
   * @throws StepwireError `unavailable` where the database can't be reached; then nothing of it was seen by anybody,
   * and it may be repeated
   */
  submit(writes: readonly Write[]): Promise<Outcome[]> {
    if (writes.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.queue.push({ writes, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when all that was submitted has been settled. */
  async drain(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** The committed head of a request, where it is in memory. */
  cached(requestId: string): Head | undefined {
    return this.heads.get(requestId);
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.takeBatch();
      const writes =
        batch.length === 1 && batch[0] !== undefined ? batch[0].writes : batch.flatMap((pending) => pending.writes);
      try {
        const outcomes = await this.commit(writes);
        let from = 0;
        for (const { writes, resolve } of batch) {
          resolve(outcomes.slice(from, from + writes.length));
          from += writes.length;
        }
      } catch (error) {
        const unavailable = new StepwireError('unavailable', 'the database can’t be reached', { cause: error });
        for (const { reject } of batch) reject(unavailable);
      }
    }
    this.running = undefined;
  }

  private takeBatch(): Pending[] {
    let size = 0;
    let count = 0;
    for (const { writes } of this.queue) {
      if (count > 0 && size + writes.length > MAX_BATCH) break;
      size += writes.length;
      count += 1;
    }
    return this.queue.splice(0, count);
  }

  /** One transaction; where the database refuses the data, one for each write, so that only the culprit fails. */
  private async commit(writes: readonly Write[]): Promise<Outcome[]> {
    try {
      return await this.transaction(writes);
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (writes.length === 1) return [{ kind: 'poison', message: error.message }];
      const outcomes: Outcome[] = [];
      for (const write of writes) outcomes.push(...(await this.commit([write])));
      return outcomes;
    }
  }

  private async transaction(writes: readonly Write[]): Promise<Outcome[]> {
    const ids = [...new Set(writes.map(requestIdOf))].sort();
    let tx: pg.PoolClient | undefined;
    try {
      tx = await this.options.pool.connect();
      const batch = await this.decideAll(tx, writes, ids);
      const advances = batch.advances();
      const projections = batch.projections(advances);
      const commands = batch.commands.map(({ type, body }) => ({ routingKey: type, body: JSON.stringify(body) }));
      // One round trip. Where a statement fails, those behind it fail too and COMMIT rolls back.
      const [outbox, , , , numberings] = await Promise.all([
        writeOutbox(tx, commands),
        changeTimers(tx, batch.timerChanges),
        dropTimers(tx, batch.finishedIds),
        dropEmpty(tx, batch.emptyIds),
        append(tx, batch.rows, projections, advances, newEpoch),
        tx.query('COMMIT'),
      ]);
      tx.release();
      for (const [id, head] of batch.heads) this.keep(id, head);
      this.options.onCommitted(placed(batch.feed, projections, numberings), outbox, batch.soonestTimerMs());
      return batch.outcomes;
    } catch (error) {
      for (const id of ids) this.heads.delete(id);
      if (tx !== undefined) {
        if (isDataError(error))
          await tx.query('ROLLBACK').then(
            () => tx?.release(),
            (broken) => tx?.release(broken),
          );
        else tx.release(true);
      }
      throw error;
    }
  }

  /** Begins the transaction, locks, reads and decides: one round trip where the heads are in memory. */
  private async decideAll(tx: pg.PoolClient, writes: readonly Write[], ids: readonly string[]): Promise<Batch> {
    const creatable = [...new Set(writes.filter(mayCreate).map(requestIdOf))].sort();
    const create = creatable.filter((id) => !this.heads.has(id));
    // Each statement sees what was committed when it began: what is read after the lock is the truth.
    const begun = tx.query('BEGIN');
    const [rows, timers, read] = await Promise.all([
      lockRequests(tx, ids, create, newEpoch),
      takeDueTimers(tx, writes.filter(isTimer)),
      readKnown(tx, writes),
      begun,
    ]);
    let known = { ...read, timers };
    // one that is in memory and no longer in the database was pruned: it begins anew
    const gone = creatable.filter((id) => !rows.has(id));
    if (gone.length > 0) {
      const [again, readAgain] = await Promise.all([lockRequests(tx, gone, gone, newEpoch), readKnown(tx, writes)]);
      for (const [id, row] of again) rows.set(id, row);
      known = { ...readAgain, timers };
    }
    const heads = new Map<string, Head>();
    const behind: string[] = [];
    for (const [id, row] of rows) {
      const cached = this.heads.get(id);
      if (row.seq === 0) heads.set(id, { epoch: row.epoch, state: initialState(id), snapshotSeq: 0 });
      else if (cached !== undefined && cached.epoch === row.epoch && cached.state.seq === row.seq)
        heads.set(id, cached);
      else behind.push(id);
    }
    for (const [id, state] of await loadStates(tx, behind)) {
      const row = rows.get(id);
      if (row !== undefined) heads.set(id, { epoch: row.epoch, state, snapshotSeq: row.snapshot_seq });
    }
    // without a row nothing is decided, and there is no time to decide it by
    const now = Math.max(0, ...[...rows.values()].map((row) => row.now));
    const batch = new Batch(heads, known, this.options.policy, now);
    for (const write of writes) batch.add(write);
    return batch;
  }

  private keep(id: string, head: Head): void {
    this.heads.delete(id);
    if (head.state.seq > 0) this.heads.set(id, head);
    if (this.heads.size > MAX_HEADS) {
      for (const oldest of this.heads.keys()) {
        this.heads.delete(oldest);
        break;
      }
    }
  }
}

/** Folds states from their snapshots and the events after them. */
export async function loadStates(db: pg.ClientBase | pg.Pool, ids: readonly string[]): Promise<Map<string, RunState>> {
  const states = new Map<string, RunState>();
  if (ids.length === 0) return states;
  for (const { request_id, snapshot } of await readSnapshots(db, ids)) {
    states.set(request_id, snapshot === null ? initialState(request_id) : (JSON.parse(snapshot) as RunState));
  }
  const present = [...states.keys()];
  for (const row of await readEventsAfter(
    db,
    present,
    present.map((id) => states.get(id)?.seq ?? 0),
  )) {
    const state = states.get(row.request_id);
    if (state !== undefined) states.set(row.request_id, evolve(state, parseBody(row.body, row.seq)));
  }
  return states;
}

/** In the order in which they stand in the numberings, which is the order they are told in. */
function placed(
  feed: ReadonlyMap<string, FeedGroup>,
  projections: readonly ProjectionRow[],
  numberings: ReadonlyMap<string, Numbering>,
): Map<string, PlacedGroup> {
  const groups = new Map<string, PlacedGroup>();
  for (const { requestId, following } of projections) {
    const group = feed.get(requestId);
    const numbering = group && numberings.get(numberingOf(group.userId));
    if (group === undefined || numbering === undefined) continue;
    const position = numbering.position - following - group.bodies.length + 1;
    groups.set(requestId, { ...group, feedEpoch: numbering.epoch, position });
  }
  return groups;
}

const isTimer = (write: Write): write is Write & { kind: 'timer' } => write.kind === 'timer';

/** What the log already has of the ids and hashes that these writes would put in. */
async function readKnown(tx: pg.PoolClient, writes: readonly Write[]): Promise<Pick<Known, 'events' | 'hashes'>> {
  const named: { id: string; eventId: string }[] = [];
  const hashed: { id: string; hash: string }[] = [];
  for (const write of writes) {
    const id = requestIdOf(write);
    const eventId = givenId(write);
    if (write.kind === 'event' && write.hash !== undefined) hashed.push({ id, hash: write.hash });
    else if (eventId !== undefined) named.push({ id, eventId });
  }
  const [events, hashes] = await Promise.all([
    knownEvents(
      tx,
      named.map((n) => n.id),
      named.map((n) => n.eventId),
    ),
    countHashes(
      tx,
      hashed.map((h) => h.id),
      hashed.map((h) => h.hash),
    ),
  ]);
  return { events, hashes };
}

const newEpoch = (): string => randomUUID().slice(0, 8);

/** SQLSTATE classes 22 (data exception), 23 (integrity), 54 (limit exceeded): the data's fault, not the server's. */
function isDataError(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(22|23|54)...$/.test(error.code)
  );
}
