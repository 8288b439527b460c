import { expect, test } from '@jest/globals';
import { Trace } from '../src/request/log/trace.ts';
import { ticksUpTo, waterfallRows } from '../src/request/waterfall/waterfall-rows.ts';
import { Recording } from './recording.ts';

function rowsOf({ events }: Recording, at: number) {
  const trace = new Trace('r');
  for (const event of events) trace.append(event);
  const begunAt = trace.timeAt(1);
  return waterfallRows({ run: trace.stateAt(trace.length), trace, begunAt, now: begunAt + at });
}

test('attempts and waits of each step stand where they were, in ms since the request began', () => {
  const rows = rowsOf(
    new Recording()
      .planned()
      .report(30, 'a', { status: 'running', instance: 'x' })
      .report(40, 'a', { status: 'failed', error: 'away', willRetry: true })
      .report(90, 'a', { status: 'running', attempt: 2, instance: 'x' })
      .report(100, 'b', { status: 'running', instance: 'y' })
      .asks(110),
    200,
  );
  expect(rows.map(({ title }) => title)).toEqual(['Planning', 'Read it', 'Ask around', 'Conclude']);
  const of = (stepId: string) => rows.find((row) => row.stepId === stepId);
  const parts = (stepId: string) => of(stepId)?.segments.map(({ doing, from, to }) => [doing, from, to]);
  expect(parts('a')).toEqual([
    ['queued', 20, 30],
    ['failed', 30, 40],
    ['delay', 40, 90],
    ['working', 90, 200],
  ]);
  expect(parts('b')).toEqual([
    ['queued', 20, 100],
    ['done', 100, 110],
    ['answer', 110, 200],
  ]);
  expect(parts('c')).toEqual([]);
  expect(of('a')).toMatchObject({ workedMs: 120, waitedMs: 60, attempts: 2 });
});

test('the figures of an axis are round, and not too many', () => {
  expect(ticksUpTo(1_259, 8)).toEqual([0, 200, 400, 600, 800, 1_000, 1_200]);
  expect(ticksUpTo(90_000, 4)).toEqual([0, 30_000, 60_000, 90_000]);
  for (const ms of [1, 17, 999, 4_321, 3_600_000, 1e9, 1e12]) {
    expect(ticksUpTo(ms, 6).length).toBeLessThanOrEqual(7);
    expect(ticksUpTo(ms, 6).at(-1)).toBeLessThanOrEqual(ms);
  }
});
