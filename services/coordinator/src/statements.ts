import type { TimerRef, TimerSet } from '@stepwire/run-model';
import type pg from 'pg';
import { textArray } from './text-array.ts';

/**
 * The SQL of one write (design §2, "A write"), each statement set-based and prepared once per connection.
 * All run inside the caller's transaction and in this order: {@link lockRequests}, reads, outbox and timers, {@link append}.
 * Each function sends all its statements before it waits for the first, so that callers may put a whole stretch of a
 * transaction on the wire at once: the server still runs one after another.
 */
export type Transaction = pg.PoolClient;

export interface RequestRow {
  request_id: string;
  epoch: string;
  seq: number;
  snapshot_seq: number;
  /** the database's clock, Unix ms: the one that all replicas go by */
  now: number;
}

/**
 * Makes the missing rows of `create` and locks all of `ids`, in one order everywhere, so that writers never wait for one
 * another in a circle. `ids` must be sorted.
 */
export async function lockRequests(
  tx: Transaction,
  ids: readonly string[],
  create: readonly string[],
  newEpoch: () => string,
): Promise<Map<string, RequestRow>> {
  const made =
    create.length > 0
      ? tx.query({
          name: 'make-requests',
          text: `INSERT INTO requests (request_id, epoch) SELECT * FROM unnest($1::text[], $2::text[])
                 ON CONFLICT (request_id) DO NOTHING`,
          values: [create, create.map(newEpoch)],
        })
      : undefined;
  const locked = tx.query<RequestRow>({
    name: 'lock-requests',
    text: `SELECT request_id, epoch, seq, snapshot_seq,
                  floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
           FROM requests WHERE request_id = ANY($1::text[])
           ORDER BY request_id FOR UPDATE`,
    values: [ids],
  });
  const [{ rows }] = await Promise.all([locked, made]);
  return new Map(rows.map((row) => [row.request_id, row]));
}

export interface SnapshotRow {
  request_id: string;
  snapshot: string | null;
}

export async function readSnapshots(tx: pg.ClientBase | pg.Pool, ids: readonly string[]): Promise<SnapshotRow[]> {
  const { rows } = await tx.query<SnapshotRow>({
    name: 'read-snapshots',
    text: 'SELECT request_id, snapshot FROM requests WHERE request_id = ANY($1::text[])',
    values: [ids],
  });
  return rows;
}

export interface EventRow {
  request_id: string;
  seq: number;
  body: string;
}

/** Events after `after[i]` of `ids[i]`, in order. */
export async function readEventsAfter(
  tx: pg.ClientBase | pg.Pool,
  ids: readonly string[],
  after: readonly number[],
): Promise<EventRow[]> {
  const { rows } = await tx.query<EventRow>({
    name: 'read-events-after',
    text: `SELECT e.request_id, e.seq, e.body
           FROM unnest($1::text[], $2::int[]) AS u (request_id, after)
           JOIN events e ON e.request_id = u.request_id AND e.seq > u.after
           ORDER BY e.request_id, e.seq`,
    values: [ids, after],
  });
  return rows;
}

/** Which of these event ids are in the log, with their seq; keys are {@link eventKey}s. */
export async function knownEvents(
  tx: Transaction,
  ids: readonly string[],
  eventIds: readonly string[],
): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const { rows } = await tx.query<{ request_id: string; event_id: string; seq: number }>({
    name: 'known-events',
    text: `SELECT e.request_id, e.event_id, e.seq
           FROM unnest($1::text[], $2::text[]) AS u (request_id, event_id)
           JOIN events e ON e.request_id = u.request_id AND e.event_id = u.event_id`,
    values: [textArray(ids), textArray(eventIds)],
  });
  return new Map(rows.map((row) => [eventKey(row.request_id, row.event_id), row.seq]));
}

/** NUL is the one character that no id has: with any other, `a` + `b\nc` would be `a\nb` + `c`. */
export const eventKey = (requestId: string, id: string): string => `${requestId}\0${id}`;

/** How often bodies without an id, named by their hash, stand in the log; keys as in {@link knownEvents}. */
export async function countHashes(
  tx: Transaction,
  ids: readonly string[],
  hashes: readonly string[],
): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const { rows } = await tx.query<{ request_id: string; hash: string; count: number }>({
    name: 'count-hashes',
    text: `SELECT u.request_id, u.hash, count(e.seq)::int AS count
           FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS t (request_id, hash)) u
           LEFT JOIN events e ON e.request_id = u.request_id 
             AND e.event_id >= u.hash || '#' AND e.event_id < u.hash || '$'
           GROUP BY u.request_id, u.hash`,
    values: [ids, hashes],
  });
  return new Map(rows.map((row) => [eventKey(row.request_id, row.hash), row.count]));
}

/** Takes timers that are due: what another replica took or a heartbeat moved is not in the answer. */
export async function takeDueTimers(
  tx: Transaction,
  due: readonly { requestId: string; timer: TimerRef }[],
): Promise<Set<string>> {
  if (due.length === 0) return new Set();
  const { rows } = await tx.query<{ request_id: string; kind: string; key: string }>({
    name: 'take-due-timers',
    text: `DELETE FROM timers t
           USING unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS u (request_id, kind, key, attempt)
           WHERE t.request_id = u.request_id AND t.kind = u.kind AND t.key = u.key AND t.attempt = u.attempt
             AND t.due_at <= clock_timestamp()
           RETURNING t.request_id, t.kind, t.key`,
    values: [
      due.map((d) => d.requestId),
      due.map((d) => d.timer.kind),
      due.map((d) => d.timer.key),
      due.map((d) => d.timer.attempt),
    ],
  });
  return new Set(rows.map((row) => timerKey(row.request_id, row)));
}

export const timerKey = (requestId: string, timer: { kind: string; key: string }): string =>
  `${requestId}\0${timer.kind}\0${timer.key}`;

export interface NumberedRow {
  readonly requestId: string;
  readonly seq: number;
  readonly eventId: string;
  readonly body: string;
}

/** Events that a numbering gets; `userId` is empty for that of the requests of nobody. */
export interface Advance {
  readonly userId: string;
  readonly count: number;
}
export interface Numbering {
  readonly epoch: string;
  /** of its newest event */
  readonly position: number;
}

export interface ProjectionRow {
  readonly requestId: string;
  readonly userId: string | null;
  /** null: the stored one stays */
  readonly userQuery: string | null;
  readonly managed: boolean;
  readonly status: string;
  readonly progress: number;
  readonly currentStage: string;
  readonly stalled: boolean;
  /** of the new events; {@link seq} is the last one's */
  readonly firstSeq: number;
  readonly seq: number;
  /** events of the same transaction that come after these in the numbering */
  readonly following: number;
  /** of the numbering among those that are moved on, from 1 */
  readonly place: number;
  /** null: the stored one stays */
  readonly snapshot: string | null;
  readonly finished: boolean;
}

/**
 * Events, their places in the numberings, which it moves on, and what they make of their requests. No conflict clause but for
 * a numbering that is there already: a doubled number or id is a defect and fails.
 *
 * Moving a numbering on locks it, in one order everywhere; and from here on a transaction waits for nobody, since what it
 * may have to wait for (request rows, timers) came before. So writers of one user never wait in a circle.
 * @param advances sorted by the bytes of `userId`, which is the order of the column
 * @returns the numberings after these events
 */
export async function append(
  tx: Transaction,
  events: readonly NumberedRow[],
  projections: readonly ProjectionRow[],
  advances: readonly Advance[],
  newEpoch: () => string,
): Promise<Map<string, Numbering>> {
  if (events.length === 0) return new Map();
  const { rows } = await tx.query<{ user_id: string; epoch: string; position: string }>({
    name: 'append',
    text: `WITH appended AS (
             INSERT INTO events (request_id, seq, event_id, body)
             SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[])
           ), moved AS (
             INSERT INTO users AS s (user_id, epoch, position)
             SELECT user_id, epoch, count FROM unnest($5::text[], $6::text[], $7::int[]) AS u (user_id, epoch, count)
             ORDER BY user_id COLLATE "C"
             ON CONFLICT (user_id) DO UPDATE SET position = s.position + excluded.position
             RETURNING user_id, epoch, position
           ), heads AS (
             -- an array, because by its index a head is found at once, whatever plan there is
             SELECT array_agg(user_id ORDER BY user_id) AS users, array_agg(position ORDER BY user_id) AS positions FROM moved
           ), placed AS (
             SELECT u.*, (SELECT users FROM heads)[u.place] AS numbering,
                    (SELECT positions FROM heads)[u.place] - u.following AS position
             FROM unnest($8::text[], $9::text[], $10::bool[], $11::text[], $12::real[], $13::text[], $14::bool[],
                         $15::int[], $16::text[], $17::bool[], $18::text[], $19::int[], $20::int[], $21::int[])
               AS u (request_id, user_id, managed, status, progress, current_stage, stalled,
                     seq, snapshot, finished, user_query, first_seq, following, place)
           ), fed AS (
             INSERT INTO feed (user_id, position, request_id, first_seq, last_seq)
             SELECT numbering, position, request_id, first_seq, seq FROM placed
           ), projected AS (
             UPDATE requests r SET
               user_id = p.user_id, managed = p.managed, status = p.status, progress = p.progress,
               current_stage = p.current_stage, stalled = p.stalled, seq = p.seq, position = p.position,
               user_query = coalesce(p.user_query, r.user_query),
               snapshot = coalesce(p.snapshot, r.snapshot),
               snapshot_seq = CASE WHEN p.snapshot IS NULL THEN r.snapshot_seq ELSE p.seq END,
               updated_at = clock_timestamp(),
               finished_at = CASE WHEN p.finished THEN coalesce(r.finished_at, clock_timestamp()) END
             FROM placed p
             WHERE r.request_id = p.request_id
           )
           SELECT user_id, epoch, position FROM moved`,
    values: [
      textArray(events.map((e) => e.requestId)),
      events.map((e) => e.seq),
      textArray(events.map((e) => e.eventId)),
      textArray(events.map((e) => e.body)),
      advances.map((a) => a.userId),
      advances.map(newEpoch),
      advances.map((a) => a.count),
      projections.map((p) => p.requestId),
      projections.map((p) => p.userId),
      projections.map((p) => p.managed),
      projections.map((p) => p.status),
      projections.map((p) => p.progress),
      projections.map((p) => p.currentStage),
      projections.map((p) => p.stalled),
      projections.map((p) => p.seq),
      projections.map((p) => p.snapshot),
      projections.map((p) => p.finished),
      projections.map((p) => p.userQuery),
      projections.map((p) => p.firstSeq),
      projections.map((p) => p.following),
      projections.map((p) => p.place),
    ],
  });
  return new Map(rows.map((row) => [row.user_id, { epoch: row.epoch, position: Number(row.position) }]));
}

/** Rows made for a first event that was then refused. */
export async function dropEmpty(tx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query('DELETE FROM requests WHERE request_id = ANY($1::text[]) AND seq = 0', [ids]);
}

export interface OutboxRow {
  readonly id: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: string;
  /** null: a command */
  readonly properties: string | null;
}

/** A row of `outbox` as {@link OUTBOX_COLUMNS} gives it. */
export interface StoredOutboxRow {
  id: string;
  exchange: string;
  routing_key: string;
  body: string;
  properties: string | null;
}
export const OUTBOX_COLUMNS = 'id, exchange, routing_key, body, properties';

export const outboxRow = ({ id, routing_key, ...row }: StoredOutboxRow): OutboxRow => ({
  ...row,
  id: Number(id),
  routingKey: routing_key,
});

export async function writeOutbox(
  tx: Transaction,
  commands: readonly { readonly routingKey: string; readonly body: string }[],
): Promise<OutboxRow[]> {
  if (commands.length === 0) return [];
  const { rows } = await tx.query<StoredOutboxRow>({
    name: 'write-outbox',
    text: `INSERT INTO outbox (routing_key, body) SELECT * FROM unnest($1::text[], $2::text[])
           RETURNING ${OUTBOX_COLUMNS}`,
    values: [commands.map((c) => c.routingKey), commands.map((c) => c.body)],
  });
  return rows.map(outboxRow);
}

/** A change of timers; the last one of a name counts. `set: null` clears. */
export interface TimerChange {
  readonly requestId: string;
  readonly kind: TimerRef['kind'];
  readonly key: string;
  readonly set: TimerSet | null;
}

export async function changeTimers(tx: Transaction, changes: readonly TimerChange[]): Promise<void> {
  const last = [...new Map(changes.map((change) => [timerKey(change.requestId, change), change])).values()];
  const clear = last.filter((change) => change.set === null);
  const set = last.flatMap(({ requestId, set }) => (set === null ? [] : [{ requestId, ...set }]));
  const sent: Promise<unknown>[] = [];
  if (clear.length > 0) {
    const cleared = tx.query({
      name: 'clear-timers',
      text: `DELETE FROM timers t USING unnest($1::text[], $2::text[], $3::text[]) AS u (request_id, kind, key)
             WHERE t.request_id = u.request_id AND t.kind = u.kind AND t.key = u.key`,
      values: [clear.map((c) => c.requestId), clear.map((c) => c.kind), clear.map((c) => c.key)],
    });
    sent.push(cleared);
  }
  if (set.length > 0) {
    const done = tx.query({
      name: 'set-timers',
      text: `INSERT INTO timers (request_id, kind, key, attempt, owner, due_at)
             SELECT request_id, kind, key, attempt, owner, clock_timestamp() + in_ms * interval '1 ms'
             FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::float8[])
               AS u (request_id, kind, key, attempt, owner, in_ms)
             ON CONFLICT (request_id, kind, key) DO UPDATE
             SET attempt = excluded.attempt, owner = excluded.owner, due_at = excluded.due_at`,
      values: [
        set.map((s) => s.requestId),
        set.map((s) => s.kind),
        set.map((s) => s.key),
        set.map((s) => s.attempt),
        set.map((s) => s.owner ?? null),
        set.map((s) => s.inMs),
      ],
    });
    sent.push(done);
  }
  await Promise.all(sent);
}

/** A request that ended has no timers. */
export async function dropTimers(tx: Transaction, finished: readonly string[]): Promise<void> {
  if (finished.length === 0) return;
  await tx.query({
    name: 'drop-timers',
    text: 'DELETE FROM timers WHERE request_id = ANY($1::text[])',
    values: [finished],
  });
}
