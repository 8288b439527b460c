import { exchanges } from '@stepwire/protocol';
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
 * (https://www.postgresql.org/docs/current/storage-hot.html). They need room on their page too, since one batch may update every
 * row of it: the migrations give `requests` and `users` a `fillfactor` of 50, which Drizzle has no word for.
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
    /** its beginning, for lists; null while nobody said it */
    userQuery: text('user_query'),
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
    /** of the newest event in the owner's numbering */
    position: bigint('position', { mode: 'number' }).notNull().default(0),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
    finishedAt: time('finished_at'),
  },
  (t) => [
    index('requests_unfinished').on(t.requestId).where(sql`finished_at is null`),
    index('requests_finished').on(t.finishedAt).where(sql`finished_at is not null`),
    // lists read both of them backwards
    index('requests_of_user').on(t.userId, t.createdAt, t.requestId),
    index('requests_by_time').on(t.createdAt, t.requestId),
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

/**
 * Each user's numbering: `position` 1, 2, 3 … over the events of all their requests, in the order of commits. That of the
 * requests of nobody has the empty id, which no user can have.
 */
export const users = pgTable('users', {
  userId: id('user_id').primaryKey(),
  /** another one where the history was wiped: cursors of the old one are gone */
  epoch: text('epoch').notNull(),
  /** the newest event's */
  position: bigint('position', { mode: 'number' }).notNull(),
  /** the highest that was pruned: from here on nothing is missing */
  pruned: bigint('pruned', { mode: 'number' }).notNull().default(0),
});

/** Which event has which position: a row for each request in each transaction, of which `position` is the last one's. */
export const feed = pgTable(
  'feed',
  {
    userId: id('user_id').notNull(),
    position: bigint('position', { mode: 'number' }).notNull(),
    requestId: id('request_id').notNull(),
    firstSeq: integer('first_seq').notNull(),
    lastSeq: integer('last_seq').notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.position] })],
);

/** Who has the id may watch the request until then. A share that is taken back is deleted. */
export const shares = pgTable(
  'shares',
  {
    shareId: id('share_id').primaryKey(),
    requestId: id('request_id').notNull(),
    expiresAt: time('expires_at').notNull(),
  },
  (t) => [index('shares_of_request').on(t.requestId)],
);

/** Sessions of gateways that are over before their cookies expire. */
export const signOuts = pgTable('sign_outs', {
  sessionId: id('session_id').primaryKey(),
  expiresAt: time('expires_at').notNull(),
});

/** What came out of `agent.dead-letters`; equal messages are one row. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    deadLetterId: id('dead_letter_id').primaryKey(),
    reason: text('reason').notNull(),
    exchange: text('exchange').notNull(),
    routingKey: text('routing_key').notNull(),
    /** JSON: messageId, appId and headers, where there are any */
    properties: text('properties').notNull(),
    /** what is no UTF-8 or NUL became U+FFFD: as a reader of JSON would have seen it */
    body: text('body').notNull(),
    /** of the body as it was published; above those of `body` it was cut */
    bytes: integer('bytes').notNull(),
    cut: boolean('cut').notNull(),
    count: integer('count').notNull(),
    at: time('at').notNull().defaultNow(),
  },
  (t) => [index('dead_letters_by_time').on(t.at, t.deadLetterId)],
);

/**
 * Commands to agents, written with the events that cause them, and dead letters that are published again; deleted when the
 * broker has confirmed them.
 */
export const outbox = pgTable('outbox', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  exchange: text('exchange').notNull().default(exchanges.agentCommands),
  /** of a dead letter, as in {@link deadLetters}; null: a command */
  properties: text('properties'),
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
