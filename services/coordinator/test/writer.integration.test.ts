import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { LogEvent, ParsedEvent } from '@stepwire/protocol';
import { defaultPolicy, evolve, initialState } from '@stepwire/run-model';
import { type DatabaseForTest, withDatabase } from '@stepwire/testing';
import { pino } from 'pino';
import { type Database, openDatabase } from '../src/database.ts';
import { Leases } from '../src/leases.ts';
import { Reads } from '../src/reads.ts';
import type { OutboxRow } from '../src/statements.ts';
import type { Outcome, Write } from '../src/write.ts';
import { type PlacedGroup, Writer } from '../src/writer.ts';

const logger = pino({ level: 'silent' });
const caller = { userId: 'ada', operator: false };
let n = 0;
const fresh = () => `req-${++n}`;

function progress(
  requestId: string,
  id: string,
  data: object = { percent: 5, stage: 'reading' },
): Write & { kind: 'event' } {
  const event: ParsedEvent = {
    id,
    type: 'agent.progress',
    requestId,
    agent: 'a',
    timestamp: '2026-01-01T00:00:00.000Z',
    data: { ...data },
  };
  return { kind: 'event', event, redelivered: false };
}
function start(requestId: string, commandId: string, userId = 'ada'): Write {
  const input = { kind: 'start', commandId, userId, userQuery: 'is this a scam?', context: {} } as const;
  return { kind: 'command', requestId, caller: { userId, operator: false }, input };
}
const noShares = () => Promise.resolve(false);
const kinds = (outcomes: Outcome[]) => outcomes.map((outcome) => outcome.kind);

describe.each(['pglite', 'postgres'] as const)('the writer on %s', (kind) => {
  let files: DatabaseForTest;
  let database: Database;
  let writer: Writer;
  let reads: Reads;
  const feed: { requestId: string; group: PlacedGroup }[] = [];
  const outbox: OutboxRow[] = [];
  const fed = (requestId: string) =>
    feed
      .filter((f) => f.requestId === requestId)
      .flatMap((f) => f.group.bodies.map((body) => JSON.parse(body) as LogEvent));
  const logged = async (requestId: string) => {
    const { rows } = await database.read.query<{ seq: number; body: string }>(
      'SELECT seq, body FROM events WHERE request_id = $1 ORDER BY seq',
      [requestId],
    );
    return rows.map(({ seq, body }) => ({ ...(JSON.parse(body) as ParsedEvent), seq }) as LogEvent);
  };
  const openWriter = () =>
    new Writer({
      pool: database.write,
      policy: defaultPolicy,
      onCommitted: (groups, rows) => {
        for (const [requestId, group] of groups) feed.push({ requestId, group });
        outbox.push(...rows);
      },
    });

  beforeAll(async () => {
    files = await withDatabase(kind);
    database = await openDatabase(files.dataDir, files.databaseUrl, logger);
    writer = openWriter();
    reads = new Reads(database.read, (id) => writer.cached(id), noShares);
  });
  afterAll(async () => {
    await database.close();
    await files.close();
  });

  test('numbers events of many requests densely, in the order they came, over many concurrent batches', async () => {
    const ids = Array.from({ length: 20 }, fresh);
    const submits: Promise<Outcome[]>[] = [];
    for (let i = 0; i < 50; i++)
      submits.push(writer.submit(ids.map((id) => progress(id, `e${i}`, { percent: i, stage: `s${i}` }))));
    const outcomes = (await Promise.all(submits)).flat();
    expect(new Set(kinds(outcomes))).toEqual(new Set(['applied']));
    for (const id of ids) {
      const log = await logged(id);
      expect(log.map((e) => e.seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      expect(log.map((e) => e.id)).toEqual(Array.from({ length: 50 }, (_, i) => `e${i}`));
      expect(fed(id)).toEqual(log);
    }
  });

  test('an event id stands once in a log: within a batch, in a later batch, and for a writer that has just started', async () => {
    const id = fresh();
    expect(kinds(await writer.submit([progress(id, 'x'), progress(id, 'x'), progress(id, 'y')]))).toEqual([
      'applied',
      'repeated',
      'applied',
    ]);
    expect(await writer.submit([progress(id, 'y')])).toMatchObject([{ kind: 'repeated', seq: 2 }]);
    expect(await openWriter().submit([progress(id, 'x'), progress(id, 'z')])).toMatchObject([
      { kind: 'repeated', seq: 1 },
      { kind: 'applied', seq: 3 },
    ]);
    expect(await logged(id)).toHaveLength(3);
  });

  test('bodies without an id count their occurrences; a redelivered one is its own repeat', async () => {
    const id = fresh();
    const body = (redelivered = false): Write => ({ ...progress(id, ''), hash: 'body:abc', redelivered });
    expect(kinds(await writer.submit([body(), body()]))).toEqual(['applied', 'applied']);
    expect(kinds(await writer.submit([body(true)]))).toEqual(['repeated']);
    expect(kinds(await writer.submit([body()]))).toEqual(['applied']);
    expect((await logged(id)).map((e) => e.id)).toEqual(['body:abc#1', 'body:abc#2', 'body:abc#3']);
  });

  test('the folded log is the state, whether cached, from a snapshot with a tail, or folded from nothing', async () => {
    const id = fresh();
    await writer.submit(
      Array.from({ length: 150 }, (_, i) => progress(id, `e${i}`, { percent: i / 2, stage: `s${i}` })),
    );
    await writer.submit([progress(id, 'last', { percent: 99 })]);
    const folded = (await logged(id)).reduce(evolve, initialState(id));
    const params = { requestId: id, caller: { userId: 'x', operator: true } };
    const { rows } = await database.read.query<{ snapshot_seq: number }>(
      'SELECT snapshot_seq FROM requests WHERE request_id = $1',
      [id],
    );
    expect(rows[0]?.snapshot_seq).toBe(150);
    expect(await reads.snapshot(params)).toMatchObject({ known: true, state: folded });
    const cold = new Reads(database.read, () => undefined, noShares);
    expect(await cold.snapshot(params)).toMatchObject({ known: true, state: JSON.parse(JSON.stringify(folded)) });
    expect(await cold.snapshot({ ...params, since: 149 })).toMatchObject({
      missed: [{ seq: 150 }, { seq: 151, id: 'last' }],
    });
    expect(await cold.snapshot({ ...params, since: 152 })).toMatchObject({ reset: true });
    expect(await cold.snapshot({ ...params, since: 1, epoch: 'another' })).toMatchObject({ reset: true });
  });

  test('a value that the database refuses harms its own event only', async () => {
    const good = fresh();
    const bad: Write = { ...progress(fresh(), 'b'), userId: 'nul\0nul' };
    const outcomes = await writer.submit([progress(good, '1'), bad, progress(good, '2')]);
    expect(kinds(outcomes)).toEqual(['applied', 'poison', 'applied']);
    expect((await logged(good)).map((e) => e.seq)).toEqual([1, 2]);
    const text = fresh();
    expect(kinds(await writer.submit([progress(text, '1', { stage: 'a\0b', message: '\ud800 \0' })]))).toEqual([
      'applied',
    ]);
    expect((await logged(text))[0]?.data).toEqual({ stage: 'a\0b', message: '\ud800 \0' });
  });

  test('start makes one request and one plan.create; a repeat of the command gets its first answer', async () => {
    const id = fresh();
    outbox.length = 0;
    expect(await writer.submit([start(id, 'c1'), start(id, 'c1')])).toMatchObject([
      { kind: 'applied', seq: 1 },
      { kind: 'repeated', seq: 1 },
    ]);
    expect(await writer.submit([start(id, 'c2', 'bob')])).toMatchObject([
      { kind: 'rejected', error: { code: 'request_id_taken' } },
    ]);
    expect(outbox.map((row) => [row.routingKey, JSON.parse(row.body).requestId])).toEqual([['plan.create', id]]);
    const { rows } = await database.read.query('SELECT routing_key FROM outbox WHERE id = $1', [outbox[0]?.id]);
    expect(rows).toEqual([{ routing_key: 'plan.create' }]);
  });

  test('commands on what is unknown or somebody else’s get one and the same answer, and leave no row', async () => {
    const mine = fresh();
    const none = fresh();
    await writer.submit([start(mine, 'c1')]);
    const cancel = (requestId: string, userId: string): Write => ({
      kind: 'command',
      requestId,
      caller: { userId, operator: false },
      input: { kind: 'cancel', commandId: `k-${userId}`, by: userId },
    });
    expect(await writer.submit([cancel(mine, 'bob'), cancel(none, 'bob')])).toEqual([
      { kind: 'not_found' },
      { kind: 'not_found' },
    ]);
    expect(await reads.snapshot({ requestId: none, caller })).toEqual({ known: false });
    expect(await reads.snapshot({ requestId: mine, caller: { userId: 'bob', operator: false } })).toEqual({
      known: false,
    });
    expect(await reads.snapshot({ requestId: mine, caller })).toMatchObject({ known: true, userId: 'ada' });
  });

  test('one instance gets a claim; its heartbeat keeps the lease and is told what to stop', async () => {
    const id = fresh();
    const leases = new Leases(database.read, 15_000);
    await writer.submit([start(id, 'c1')]);
    const claim = (instance: string): Write => ({
      kind: 'claim',
      requestId: id,
      input: { kind: 'claim', stepId: 'plan', attempt: 1, instance },
    });
    expect(kinds(await writer.submit([claim('p1'), claim('p2'), claim('p1')]))).toEqual([
      'applied',
      'refused',
      'applied',
    ]);
    const held = { requestId: id, stepId: 'plan', attempt: 1 };
    expect(await leases.heartbeat({ instance: 'p1', role: 'planner', steps: [held] })).toEqual({ stop: [] });
    expect(await leases.heartbeat({ instance: 'p2', role: 'planner', steps: [held] })).toEqual({
      stop: [{ ...held, reason: 'lease_lost' }],
    });
    expect(await leases.living()).toEqual({ planner: 2 });
  });

  test('a timer that is not due, or was moved, does nothing', async () => {
    const id = fresh();
    await writer.submit([
      start(id, 'c1'),
      { kind: 'claim', requestId: id, input: { kind: 'claim', stepId: 'plan', attempt: 1, instance: 'p1' } },
    ]);
    const lease: Write = { kind: 'timer', requestId: id, timer: { kind: 'lease', key: 'plan', attempt: 1 } };
    expect(await writer.submit([lease])).toEqual([{ kind: 'refused', reason: 'timer_moved' }]);
    await database.write.query("UPDATE timers SET due_at = now() - interval '1 s' WHERE request_id = $1", [id]);
    outbox.length = 0;
    expect(kinds(await writer.submit([lease, lease]))).toEqual(['applied', 'refused']);
    expect(outbox.map((row) => JSON.parse(row.body).attempt)).toEqual([2]);
  });

  test('the clock of this machine may be a day off: whether a question is overdue, the database says', async () => {
    const id = fresh();
    const asked = { questionId: 'q', stepId: 's', prompt: 'go on?', kind: 'confirm', expiresInMs: 60_000 };
    const question: ParsedEvent = { ...progress(id, 'q').event, type: 'executor.question.asked', data: asked };
    await writer.submit([{ kind: 'event', event: question, redelivered: false }]);
    const tomorrow = Date.now() + 86_400_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(tomorrow);
    try {
      const input = { kind: 'answer', commandId: 'c', by: 'ada', questionId: 'q', answer: true } as const;
      const [outcome] = await writer.submit([
        { kind: 'command', requestId: id, caller: { ...caller, operator: true }, input },
      ]);
      expect(outcome).toMatchObject({ kind: 'applied', seq: 2 });
      expect(outcome).not.toHaveProperty('rejection');
    } finally {
      clock.mockRestore();
    }
    expect(Date.parse(fed(id).at(-1)?.timestamp ?? '')).toBeLessThan(tomorrow - 3_600_000);
  });

  test('ids that are one text when put together are two events of two requests', async () => {
    const id = fresh();
    await writer.submit([progress(id, 'a\nb')]);
    const other = `${id}\na`;
    expect(kinds(await writer.submit([progress(id, 'a\nb'), progress(other, 'b')]))).toEqual(['repeated', 'applied']);
    expect((await logged(other)).map((event) => event.id)).toEqual(['b']);
  });

  test('a request that was pruned while its head was in memory begins anew, in another epoch', async () => {
    const id = fresh();
    const [first] = await writer.submit([progress(id, '1')]);
    await database.write.query('DELETE FROM events WHERE request_id = $1', [id]);
    await database.write.query('DELETE FROM requests WHERE request_id = $1', [id]);
    const [second] = await writer.submit([progress(id, '1')]);
    expect(second).toMatchObject({ kind: 'applied', seq: 1 });
    expect(first?.kind === 'applied' && second?.kind === 'applied' && first.epoch !== second.epoch).toBe(true);
  });
});

describe('several writers on one Postgres', () => {
  test('interleave without a gap, a double or a deadlock', async () => {
    const files = await withDatabase('postgres');
    const databases = await Promise.all([1, 2, 3].map(() => openDatabase(files.dataDir, files.databaseUrl, logger)));
    const writers = databases.map(
      ({ write }) => new Writer({ pool: write, policy: defaultPolicy, onCommitted: () => undefined }),
    );
    const ids = Array.from({ length: 10 }, fresh);
    const submits = Array.from({ length: 40 }, (_, i) =>
      // each in another order, each event sent by two writers
      [writers[i % 3], writers[(i + 1) % 3]].map((writer) =>
        writer?.submit([...ids.slice(i % 10), ...ids.slice(0, i % 10)].map((id) => progress(id, `e${i}`))),
      ),
    );
    await Promise.all(submits.flat());
    const { rows } = (await databases[0]?.read.query(
      `SELECT r.request_id, r.seq AS head, count(*)::int AS events, max(e.seq) AS last, count(DISTINCT e.event_id)::int AS ids
       FROM requests r JOIN events e USING (request_id) GROUP BY r.request_id, r.seq`,
    )) ?? { rows: [] };
    expect(rows).toHaveLength(10);
    for (const row of rows) expect(row).toMatchObject({ head: 40, events: 40, last: 40, ids: 40 });
    for (const database of databases) await database.close();
    await files.close();
  });
});

describe('the data folder', () => {
  test('of a running coordinator can’t be opened by a second one, and names it', async () => {
    const files = await withDatabase('pglite');
    const database = await openDatabase(files.dataDir, undefined, logger);
    await expect(openDatabase(files.dataDir, undefined, logger)).rejects.toThrow(
      `open in another coordinator (process ${process.pid})`,
    );
    await database.close();
    await (await openDatabase(files.dataDir, undefined, logger)).close();
    await files.close();
  });
});
