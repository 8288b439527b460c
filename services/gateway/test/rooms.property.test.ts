import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Chapter, Onlooker, World } from './world.ts';

const operator = { userId: 'local', operator: true };
const owner = { userId: 'ann', operator: false };
const stranger = { userId: 'bob', operator: false };

const index = fc.nat({ max: 9 });
const ordinary = [
  fc.record({ do: fc.constant('commit' as const), size: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant('deliver' as const), at: index, copies: fc.nat({ max: 2 }), stays: fc.boolean() }),
  fc.record({ do: fc.constant('settle' as const), at: index, fails: fc.boolean() }),
  fc.record({ do: fc.constant('settle' as const), at: fc.constant(0), fails: fc.constant(false) }),
  fc.record({ do: fc.constant('join' as const), who: index, since: fc.option(index, { nil: undefined }) }),
  fc.record({ do: fc.constant('leave' as const), who: index }),
  fc.record({ do: fc.constant('heal' as const), all: fc.boolean() }),
];
const restore = fc.record({ do: fc.constant('restore' as const), keep: fc.nat({ max: 12 }) });
type Action = (typeof ordinary)[number] extends fc.Arbitrary<infer A> ? A | { do: 'restore'; keep: number } : never;

async function play(world: World, people: readonly Onlooker[], actions: readonly Action[]): Promise<void> {
  const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(list.length, 1)];
  for (const action of actions) {
    switch (action.do) {
      case 'commit':
        world.commit(action.size);
        break;
      case 'deliver':
        if (world.feed.length > 0) world.deliver(action.at % world.feed.length, action.copies, action.stays);
        break;
      case 'settle':
        if (world.held.length > 0) await world.settle(action.at % world.held.length, action.fails);
        break;
      case 'join':
        pick(people, action.who)?.join({ since: action.since });
        break;
      case 'leave':
        pick(people, action.who)?.leave();
        break;
      case 'heal':
        void world.rooms.heal(action.all).catch(() => undefined); // asked again at the next tick
        break;
      case 'restore':
        world.restore(action.keep);
        break;
    }
  }
  for (const person of people) if (!person.present) person.join();
  await world.rest();
  world.commit(2);
  if (world.log.length % 2 === 0) world.deliver(world.feed.length - 1, 1);
  await world.rest();
}

/** state at n, then n+1, n+2 … exactly once, in order */
function isDense({ view, events }: Chapter): boolean {
  return events.every(({ seq }, at) => seq === view.seq + at + 1);
}

describe('for any loss, doubling and reordering of the feed, any order of answers and any time of joining', () => {
  test('every watcher gets state at n and then n+1, n+2 … exactly once, to the head', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...ordinary), { minLength: 20, maxLength: 100, size: 'max' }),
        async (actions) => {
          const world = new World();
          const people = [new Onlooker(world, operator), new Onlooker(world, owner), new Onlooker(world, operator)];
          await play(world, people, actions);
          for (const { chapters } of people) {
            expect(chapters.filter((chapter) => !isDense(chapter))).toEqual([]);
            const last = chapters.at(-1);
            expect((last?.view.seq ?? 0) + (last?.events.length ?? 0)).toBe(world.log.length);
            for (const { view } of chapters) {
              if (view.missed !== null) expect(view.missed.at(-1)?.seq ?? view.seq).toBe(view.seq);
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test('also where the history is restored or wiped: everybody ends in the new one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...ordinary, restore), { minLength: 20, maxLength: 100, size: 'max' }),
        async (actions) => {
          const world = new World();
          const people = [new Onlooker(world, operator), new Onlooker(world, owner)];
          await play(world, people, actions);
          for (const { chapters } of people) {
            expect(chapters.filter((chapter) => !isDense(chapter))).toEqual([]);
            const last = chapters.at(-1);
            expect([...(last?.events ?? [])]).toEqual(world.log.slice(last?.view.seq ?? 0));
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test('a stranger sees a request that never was, and keeps nobody else from seeing it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...ordinary, restore), { minLength: 20, maxLength: 100, size: 'max' }),
        async (actions) => {
          const world = new World();
          const theirs = new Onlooker(world, stranger);
          const mine = new Onlooker(world, owner);
          await play(world, [theirs, mine], actions);
          for (const { view, events } of theirs.chapters) expect([view.state, view.seq, events]).toEqual([null, 0, []]);
          const last = mine.chapters.at(-1);
          expect((last?.view.seq ?? 0) + (last?.events.length ?? 0)).toBe(world.log.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('when everybody has left, no room and no binding is left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...ordinary, restore), { minLength: 20, maxLength: 100, size: 'max' }),
        async (actions) => {
          const world = new World();
          const people = [new Onlooker(world, operator), new Onlooker(world, stranger)];
          await play(world, people, actions);
          for (const person of people) person.leave();
          await world.rest();
          expect([world.rooms.size, world.bound]).toEqual([0, 0]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
