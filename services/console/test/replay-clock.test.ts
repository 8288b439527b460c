import { expect, test } from '@jest/globals';
import { MAX_GAP_MS, played, playheadAt, replayOffsets, shortenedBy } from '../src/request/replay/replay-clock.ts';

const times = [1_000, 1_100, 1_100, 61_100, 61_600];
const offsets = replayOffsets(times);

test('a replay is true to the times, but for long gaps', () => {
  expect(offsets).toEqual([0, 100, 100, 100 + MAX_GAP_MS, 600 + MAX_GAP_MS]);
  expect(shortenedBy(times, offsets)).toBe(60_000 - MAX_GAP_MS);
});

test('events come when they are due, those of one moment together', () => {
  const begin = playheadAt(offsets, 1);
  expect(played(begin, offsets, 99, 1).position).toBe(1);
  expect(played(begin, offsets, 100, 1).position).toBe(3);
  expect(played(begin, offsets, 25, 4).position).toBe(3);
});

test('what passes between two events is not lost, however often it is looked', () => {
  let head = playheadAt(offsets, 1);
  for (let at = 0; at < 100; at += 1) head = played(head, offsets, 1, 1);
  expect(head.position).toBe(3);
});

test('it stops at its end, and never goes back', () => {
  expect(played(playheadAt(offsets, 1), offsets, 1e9, 16)).toEqual({ position: 5, clock: offsets[4] });
  expect(played({ position: 3, clock: 0 }, offsets, 1, 1).position).toBe(3);
});
