import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  real,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

/**
 * The tables (design §6). The migrations in `drizzle/` are made from this file: `npm run migrations -w services/coordinator`.
 *
 * Bodies and snapshots are JSON text: jsonb reorders keys and refuses `\u0000`.
 * No index holds a column that changes with every event, so that updates of `requests` stay heap-only
 * (https://www.postgresql.org/docs/current/storage-hot.html).
 */
/** Ids compare by their bytes: faster than a language's order, and ranges of a prefix can use the index. */
const id = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const requests = pgTable(
  'requests',
  {
    requestId: id('request_id').primaryKey(),
    /** another one where the history was restored or wiped: cursors of the old one are gone */
    epoch: text('epoch').notNull(),
    userId: id('user_id'),
    managed: boolean('managed').notNull().default(false),
    status: text('status').notNull().default('queued'),
    progress: real('progress').notNull().default(0),
    currentStage: text('current_stage').notNull().default('queued'),
    stalled: boolean('stalled').notNull().default(false),
    /** the newest event's; 0 only inside the transaction that makes the row */
    seq: integer('seq').notNull().default(0),
    /** RunState at snapshot_seq, every 64 events and at the end */
    snapshot: text('snapshot'),
    snapshotSeq: integer('snapshot_seq').notNull().default(0),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
    finishedAt: time('finished_at'),
  },
  (t) => [
    index('requests_unfinished').on(t.requestId).where(sql`finished_at is null`),
    index('requests_finished').on(t.finishedAt).where(sql`finished_at is not null`),
    index('requests_of_user').on(t.userId, t.createdAt),
  ],
);

export const events = pgTable(
  'events',
  {
    requestId: id('request_id').notNull(),
    seq: integer('seq').notNull(),
    eventId: id('event_id').notNull(),
    /** the event without its seq, as canonical JSON */
    body: text('body').notNull(),
  },
  (t) => [primaryKey({ columns: [t.requestId, t.seq] }), uniqueIndex('events_event_id').on(t.requestId, t.eventId)],
);

/** Commands to agents: written with the events that cause them, deleted when the broker has confirmed them. */
export const outbox = pgTable('outbox', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  routingKey: text('routing_key').notNull(),
  body: text('body').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
});

/** Retries, leases, questions' deadlines, cancel's grace. A lease is a timer that its owner's heartbeat moves. */
export const timers = pgTable(
  'timers',
  {
    requestId: id('request_id').notNull(),
    kind: text('kind').notNull(),
    key: id('key').notNull(),
    attempt: integer('attempt').notNull(),
    /** the agent instance that holds a lease */
    owner: id('owner'),
    dueAt: time('due_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.requestId, t.kind, t.key] }),
    index('timers_due').on(t.dueAt),
    index('timers_owner').on(t.owner).where(sql`owner is not null`),
  ],
);

/** Agent instances by their last heartbeat. */
export const agents = pgTable('agents', {
  instance: id('instance').primaryKey(),
  role: text('role'),
  seenAt: time('seen_at').notNull().defaultNow(),
});
