import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import fc from 'fast-check';
import { Feeds } from '../src/feeds.ts';
import { pruneRequests } from '../src/prune.ts';
import { cancel, observed, openScene, type Scene, start } from './scene.ts';

jest.setTimeout(120_000);

const gone = expect.objectContaining({ code: 'cursor_gone' });
const operator = { userId: 'root', operator: true };
let n = 0;
const fresh = (name: string) => `${name}-${++n}`;

describe.each(['pglite', 'postgres'] as const)('feeds on %s', (kind) => {
  let scene: Scene;
  let feeds: Feeds;

  beforeAll(async () => {
    scene = await openScene(kind);
    feeds = new Feeds(scene.database.read);
  });
  afterAll(() => scene.close());

  /** All there is after `after`, page by page, with the number of pages. */
  async function readAll(
    userId: string | null,
    after?: number,
  ): Promise<{ from: number; events: LogEvent[]; pages: number }> {
    const first = await feeds.page({ caller: operator, userId, ...(after === undefined ? {} : { after }) });
    const events = [...first.events] as LogEvent[];
    let pages = 1;
    for (; first.after + events.length < first.head; pages++) {
      const { epoch } = first;
      const next = await feeds.page({ caller: operator, userId, after: first.after + events.length, epoch });
      expect(next.events.length).toBeGreaterThan(0);
      events.push(...(next.events as LogEvent[]));
    }
    expect(first.after + events.length).toBe(first.head);
    return { from: first.after, events, pages };
  }

  /** What somebody reads who asks again and again until `writing` is done. */
  async function followedUntil(userId: string | null, writing: Promise<unknown>): Promise<LogEvent[]> {
    const seen: LogEvent[] = [];
    let done = false;
    const end = () => {
      done = true;
    };
    void writing.then(end, end);
    while (!done) {
      const { events } = await feeds.page({ caller: operator, userId, after: seen.length });
      seen.push(...(events as LogEvent[]));
    }
    return seen;
  }

  test('random batches of two coordinators: each feed is dense, in seq order per request, and any cursor gets exactly the rest', async () => {
    const owners = ['ada', 'bob', null] as const;
    const item = fc.record({ owner: fc.nat(2), request: fc.nat(2), chars: fc.constantFrom(1, 1, 1, 400_000) });
    const batches = fc.array(fc.record({ writer: fc.nat(1), items: fc.array(item, { minLength: 1, maxLength: 12 }) }), {
      minLength: 1,
      maxLength: 25,
    });
    const runs = fc.asyncProperty(batches, fc.infiniteStream(fc.nat(1_000)), async (given, cursors) => {
      // own users and requests in each run
      const run = fresh('run');
      const nameOf = (owner: number) => (owners[owner] === null ? null : `${run}-${owners[owner]}`);
      const before = (await feeds.heads({ userIds: [null] })).heads[0]?.head ?? 0;
      const expected = new Map<number, number>([0, 1, 2].map((owner) => [owner, 0]));
      let event = 0;
      scene.told.length = 0;
      const writing = Promise.all(
        given.map(({ writer, items }) =>
          scene.writers[writer]?.submit(
            items.map(({ owner, request, chars }) => {
              expected.set(owner, (expected.get(owner) ?? 0) + 1);
              const userId = nameOf(owner);
              const data = { message: 'x'.repeat(chars), ...(userId === null ? {} : { userId }) };
              return observed(`${run}-${owner}-${request}`, `e${event++}`, data);
            }),
          ),
        ),
      );
      const seen = await followedUntil(nameOf(0), writing);
      const outcomes = await writing;
      expect(new Set(outcomes.flat().map((outcome) => outcome?.kind))).toEqual(new Set(['applied']));

      for (const owner of [0, 1, 2]) {
        const userId = nameOf(owner);
        const start = userId === null ? before : 0;
        const { events } = await readAll(userId, start);
        expect(events).toHaveLength(expected.get(owner) ?? 0);
        // nothing ever comes in before what somebody has read
        if (owner === 0) expect(events.slice(0, seen.length)).toEqual(seen);
        const seqs = new Map<string, number>();
        for (const { requestId, seq } of events) {
          expect(seq).toBe((seqs.get(requestId) ?? 0) + 1);
          seqs.set(requestId, seq);
        }
        // what gateways were told has the very same places
        const told = scene.told.filter(({ group }) => group.userId === userId);
        const byPlace = told.toSorted((a, b) => a.group.position - b.group.position);
        expect(byPlace.flatMap(({ group }) => group.bodies.map((body) => JSON.parse(body)))).toEqual(events);
        let place = start + 1;
        for (const { group } of byPlace) {
          expect(group.position).toBe(place);
          place += group.bodies.length;
        }
        expect(new Set(told.map(({ group }) => group.feedEpoch)).size).toBeLessThanOrEqual(1);
        for (let cursor = 0; cursor < 3; cursor++) {
          const after = cursors.next().value % (events.length + 1);
          expect((await readAll(userId, start + after)).events).toEqual(events.slice(after));
        }
      }
    });
    await fc.assert(runs, { numRuns: kind === 'pglite' ? 8 : 20 });
  });

  test('a page holds a megabyte or a thousand events, and at least one event', async () => {
    const user = fresh('ann');
    const small = Array.from({ length: 1_500 }, (_, i) => observed(`${user}-1`, `${i}`, { userId: user }));
    const large = [1, 2, 3, 4].map((i) =>
      observed(`${user}-2`, `${i}`, { userId: user, message: 'x'.repeat(400_000) }),
    );
    const huge = observed(`${user}-2`, 'huge', { message: 'x'.repeat(2_000_000) });
    await scene.writers[0].submit([...small, ...large, huge]);
    const sizes: number[] = [];
    for (let after = 0; after < 1_505; ) {
      const { events } = await feeds.page({ caller: operator, userId: user, after });
      sizes.push(events.length);
      after += events.length;
    }
    // 1,000; 500 and what of a megabyte they leave room for; …; the one that is larger than a page comes alone
    expect(sizes[0]).toBe(1_000);
    expect(sizes.at(-1)).toBe(1);
    expect(sizes).toHaveLength(4);
  });

  test('a cursor from the future, of another epoch or of a numbering that is no more is gone', async () => {
    const user = fresh('ann');
    const page = (params: { after?: number; epoch?: string | null }) =>
      feeds.page({ caller: operator, userId: user, ...params });
    expect(await page({})).toEqual({ epoch: null, head: 0, after: 0, events: [] });
    expect(await page({ after: 0, epoch: null })).toMatchObject({ head: 0 });
    await expect(page({ after: 1, epoch: 'e' })).rejects.toThrow(gone);
    await scene.writers[0].submit([observed(`${user}-1`, '1', { userId: user })]);
    const { epoch } = await page({});
    expect(epoch).toMatch(/^[0-9a-f]{8}$/);
    // whoever began when there was nothing has missed nothing
    expect(await page({ after: 0, epoch: null })).toMatchObject({ head: 1, events: [{ id: '1' }] });
    expect(await page({ after: 1, epoch })).toEqual({ epoch, head: 1, after: 1, events: [] });
    await expect(page({ after: 2, epoch })).rejects.toThrow(gone);
    await expect(page({ after: 1, epoch: 'another' })).rejects.toThrow(gone);
    await expect(page({ after: 1, epoch: null })).rejects.toThrow(gone);
    expect(await feeds.heads({ userIds: [user, fresh('nobody')] })).toEqual({
      heads: [
        { epoch, head: 1 },
        { epoch: null, head: 0 },
      ],
    });
  });

  test('a feed is its user’s and operators’; that of nobody’s requests is operators’ alone', async () => {
    const ann = { userId: fresh('ann'), operator: false };
    const not = expect.objectContaining({ code: 'not_found' });
    expect(await feeds.page({ caller: ann, userId: ann.userId })).toMatchObject({ head: 0 });
    await expect(feeds.page({ caller: ann, userId: 'bob' })).rejects.toThrow(not);
    await expect(feeds.page({ caller: ann, userId: null })).rejects.toThrow(not);
    expect(await feeds.page({ caller: { ...ann, operator: true }, userId: null })).toBeDefined();
  });

  test('a request stays in the feed it began in, whatever later events say of its owner', async () => {
    const user = fresh('eve');
    const id = fresh('whose');
    const [{ head = 0 } = {}] = (await feeds.heads({ userIds: [null] })).heads;
    await scene.writers[0].submit([observed(id, '1')]);
    await scene.writers[1].submit([
      observed(id, '2', { userId: user }),
      observed(id, '3', { userId: user, userQuery: 'q' }, 'request.accepted'),
    ]);
    expect((await readAll(null, head)).events.map((event) => event.id)).toEqual(['1', '2', '3']);
    expect(await readAll(user)).toEqual({ from: 0, events: [], pages: 1 });
  });

  test('what is pruned takes its feed with it up to its last event, and a cursor before that is gone', async () => {
    const user = fresh('ann');
    const [old, young, other] = [fresh('old'), fresh('young'), fresh('other')];
    const [{ head: nobodys = 0 } = {}] = (await feeds.heads({ userIds: [null] })).heads;
    const mine = { userId: user };
    await scene.writers[0].submit([observed(young, '1', mine)]);
    await scene.writers[0].submit([observed(old, '1', mine), observed(other, '1')]);
    await scene.writers[1].submit([observed(young, '2', mine), observed(old, '2', { result: 1 }, 'request.completed')]);
    await scene.writers[0].submit([observed(young, '3', mine)]);
    await scene.database.read.query(
      "UPDATE requests SET finished_at = now() - interval '31 days' WHERE request_id = $1",
      [old],
    );
    expect(await pruneRequests(scene.database.read, 30)).toBe(false);

    const { epoch } = await feeds.page({ caller: operator, userId: user });
    const page = (after: number) => feeds.page({ caller: operator, userId: user, epoch, after });
    const { from, events } = await readAll(user);
    expect(events.map(({ requestId, seq }) => [requestId, seq])).toEqual([[young, 3]]);
    expect(from).toBe(4);
    for (const after of [0, 1, 3]) await expect(page(after)).rejects.toThrow(gone);
    expect(await page(4)).toMatchObject({ head: 5, events: [{ id: '3' }] });
    expect(await page(5)).toMatchObject({ head: 5, events: [] });
    const left = await scene.database.read.query('SELECT FROM feed WHERE user_id = $1', [user]);
    expect(left.rowCount).toBe(1);
    const rest = await scene.database.read.query('SELECT DISTINCT request_id FROM events WHERE request_id = ANY($1)', [
      [old, young],
    ]);
    expect(rest.rows).toEqual([{ request_id: young }]);
    expect((await readAll(null, nobodys)).events.map((event) => event.requestId)).toEqual([other]);

    await scene.writers[1].submit([observed(young, '4', mine)]);
    expect(await page(4)).toMatchObject({ head: 6, events: [{ id: '3' }, { id: '4' }] });
    // the id is free again, and its feed goes on
    await scene.writers[0].submit([observed(old, '1', mine)]);
    expect(await page(6)).toMatchObject({ head: 7, events: [{ requestId: old, seq: 1 }] });
  });

  test('pruning and writing at the same time wait for one another in turn, never in a circle', async () => {
    const names = Array.from({ length: 5 }, () => fresh('zoe'));
    const round = (i: number) =>
      names.flatMap((userId) => [
        observed(`${userId}-${i}`, '1', { userId }),
        observed(`${userId}-${i}`, '2', {}, 'request.completed'),
      ]);
    await scene.writers[0].submit(round(0));
    const prune = async (i: number) => {
      const ended = "UPDATE requests SET finished_at = now() - interval '31 days' WHERE request_id LIKE $1";
      await scene.database.read.query(ended, [`zoe-%-${i - 1}`]);
      await pruneRequests(scene.database.read, 30);
    };
    for (let i = 1; i <= 10; i++) {
      const [[, first], [, second]] = await Promise.all([
        Promise.all([prune(i), scene.writers[0].submit(round(i))]),
        Promise.all([prune(i), scene.writers[1].submit(round(1_000 + i).toReversed())]),
      ]);
      expect(new Set([...first, ...second].map(({ kind }) => kind))).toEqual(new Set(['applied', 'refused']));
    }
    for (const user of names) {
      const { from, events } = await readAll(user);
      expect(from + events.length).toBeGreaterThan(20);
    }
  });

  test('a start and a cancel are in the feed of who started, and nothing is left of one that was refused', async () => {
    const user = fresh('ann');
    const id = fresh('started');
    await scene.writers[0].submit([start(id, user)]);
    await scene.writers[1].submit([cancel(id, user), cancel(fresh('none'), user)]);
    expect((await readAll(user)).events.map(({ type }) => type)).toEqual([
      'request.accepted',
      'request.cancelling',
      'request.cancelled',
    ]);
  });
});
