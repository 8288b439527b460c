import { expect, test } from '@jest/globals';
import { idleGaps, ticksOf, timeScale } from '../src/request/waterfall/time-scale.ts';
import type { Doing, WaterfallRow } from '../src/request/waterfall/waterfall-rows.ts';

const row = (...segments: readonly [Doing, number, number][]): WaterfallRow => ({
  ...{ stepId: 's', title: 's', tool: 't', status: 'running', workedMs: 0, waitedMs: 0, attempts: 1 },
  segments: segments.map(([doing, from, to]) => ({ doing, attempt: 1, from, to, error: null })),
});

test('idle is where nothing worked for long, also at the end', () => {
  const rows = [
    row(['done', 0, 100], ['answer', 100, 60_100], ['done', 60_100, 60_200]),
    row(['queued', 0, 50], ['done', 50, 200]),
  ];
  expect(idleGaps(rows, 60_300)).toEqual([{ from: 200, to: 60_100 }]);
  expect(idleGaps([row(['done', 0, 100], ['answer', 100, 5_000])], 5_000)).toEqual([{ from: 100, to: 5_000 }]);
  expect(idleGaps([row(['done', 0, 100], ['answer', 100, 900], ['done', 900, 1_000])], 1_000)).toEqual([]);
});

test('what is not idle keeps its length, and order is kept', () => {
  const { shown, totalMs } = timeScale(60_300, [{ from: 200, to: 60_100 }]);
  expect(shown(200)).toBe(200);
  expect(shown(60_300) - shown(60_100)).toBeCloseTo(200);
  expect(totalMs).toBeLessThan(500);
  const times = [0, 100, 200, 1_000, 30_000, 60_100, 60_300].map(shown);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('an axis has round figures before and after what is shortened, and none within', () => {
  const scale = timeScale(60_700, [{ from: 250, to: 60_150 }]);
  const figures = [...ticksOf(scale, 12).values()];
  expect(figures).toEqual([0, 100, 200, 60_200, 60_300, 60_400, 60_500, 60_600, 60_700]);
  const places = [...ticksOf(scale, 12).keys()];
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect([...ticksOf(timeScale(1_259, []), 8).values()]).toEqual([0, 200, 400, 600, 800, 1_000, 1_200]);
});
