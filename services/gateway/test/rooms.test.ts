import { describe, expect, test } from '@jest/globals';
import type { View } from '../src/history.ts';
import { Onlooker, quiet, REQUEST, World } from './world.ts';

const operator = { userId: 'local', operator: true };
const owner = { userId: 'ann', operator: false };

async function joined(world: World, caller = operator): Promise<Onlooker> {
  const onlooker = new Onlooker(world, caller);
  onlooker.join();
  await world.rest();
  return onlooker;
}
const heard = ({ chapters }: Onlooker) =>
  chapters.map(({ view, events }) => [view.seq, ...events.map(({ seq }) => seq)]);

describe('a room', () => {
  test('holds what comes early and lets it go once the gap is filled, without waiting for the read', async () => {
    const world = new World();
    const onlooker = await joined(world);
    world.commit(1);
    world.commit(1);
    world.deliver(1, 1);
    expect(heard(onlooker)).toEqual([[0]]);
    world.deliver(0, 1);
    expect(heard(onlooker)).toEqual([[0, 1, 2]]);
  });

  test('is bound before it is looked at: what is published in between is not lost', async () => {
    const world = new World();
    const onlooker = new Onlooker(world, operator);
    onlooker.join();
    await quiet();
    expect(world.held).toHaveLength(1);
    expect(world.bound).toBe(0);
    await world.settle(0);
    expect(world.bound).toBe(1);
    world.commit(2);
    world.deliver(0, 1);
    await world.settle(0);
    expect(heard(onlooker).flat().at(-1)).toBe(2);
  });

  test('heals the loss of a last message by asking for the head', async () => {
    const world = new World();
    const onlooker = await joined(world);
    world.commit(3);
    world.deliver(0, 0);
    await world.rest();
    expect(heard(onlooker)).toEqual([[0, 1, 2, 3]]);
  });

  test('does not ask for the head of a request that has ended', async () => {
    const world = new World();
    world.commit(2, true);
    await joined(world);
    await world.rooms.heal();
    expect(world.held).toEqual([]);
  });

  test('tells who leaves while it catches up that nothing was sent to them', async () => {
    const world = new World();
    world.commit(1);
    await joined(world);
    while (world.held.length > 0) await world.settle(0);
    world.commit(2);
    const entered: number[] = [];
    const listener = {
      viewer: operator,
      enter: ({ seq }: View) => void entered.push(seq),
      listen: () => undefined,
      replaced: () => undefined,
    };
    const answer = world.rooms.join(REQUEST, listener, {});
    await quiet();
    await world.settle(0); // they have seen seq 3, and the room, which is at 1, reads
    expect(world.held).toHaveLength(1);
    world.rooms.leave(REQUEST, listener);
    await world.rest();
    expect([await answer, entered]).toEqual([null, []]);
  });

  test('is read again for somebody who comes back after nobody listened', async () => {
    const world = new World();
    world.commit(2);
    const first = await joined(world, owner);
    const stranger = await joined(world, { userId: 'bob', operator: false });
    first.leave();
    world.commit(2);
    world.deliver(1, 1);
    await world.rest();
    first.join();
    await world.rest();
    expect(heard(first)).toEqual([[2], [4]]);
    expect(heard(stranger)).toEqual([[0]]);
  });

  test('gives exactly what was missed, over several pages', async () => {
    const world = new World();
    world.commit(10);
    const onlooker = new Onlooker(world, operator);
    onlooker.join({ since: 2 });
    await world.rest();
    expect(onlooker.chapters[0]?.view.missed?.map(({ seq }) => seq)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('says that a cursor is gone: beyond the head, of another epoch, or of a request that is unknown', async () => {
    const world = new World();
    const onlooker = new Onlooker(world, operator);
    for (const [size, from] of [
      [0, { since: 1 }],
      [3, { since: 4 }],
      [0, { since: 1, epoch: 'another' }],
    ] as const) {
      if (size > 0) world.commit(size);
      onlooker.join(from);
      await world.rest();
      expect(onlooker.chapters.at(-1)?.view).toMatchObject({ gone: true, missed: null });
    }
  });
});
