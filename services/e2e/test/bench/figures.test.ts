import { describe, expect, test } from '@jest/globals';
import { parseEvent } from '@stepwire/protocol';
import { bodyOf, readFrame, requestIdOf } from '../../src/bench/load.ts';
import { grows } from '../../src/bench/memory.ts';
import { readOptions } from '../../src/bench/options.ts';
import type { PhaseResult } from '../../src/bench/phase.ts';
import { rowsOf, tableOf } from '../../src/bench/report.ts';
import { median, percentiles } from '../../src/bench/statistics.ts';
import { StreamCheck } from '../../src/bench/stream-check.ts';

describe('the load', () => {
  const load = { prefix: 'b', requests: 3, eventBytes: 350 };

  test('a body has the size that was asked for, and is an event that the coordinator takes', () => {
    for (const index of [0, 1, 2_999_999]) {
      const body = bodyOf(load, index, 123.456);
      expect(body.length).toBe(350);
      const event = parseEvent(body, { now: 0 });
      expect(event).toMatchObject({ type: 'executor.step.progress', requestId: requestIdOf(load, index) });
      expect(readFrame({ seq: 7, data: event.data })).toEqual({
        n: Math.floor(index / 3) + 1,
        sentAt: 123.456,
        seq: 7,
      });
    }
  });

  test('requests take turns', () => {
    expect([0, 1, 2, 3].map((index) => requestIdOf(load, index))).toEqual(['b-1', 'b-2', 'b-3', 'b-1']);
  });
});

describe('the check of a stream', () => {
  const faults = (numbered: boolean, frames: [n: number, seq: number | undefined][]) => {
    const check = new StreamCheck(numbered);
    return frames.map(([n, seq]) => check.take({ n, seq, sentAt: 0 })).filter((fault) => fault !== undefined);
  };

  test('a dense stream from 1 has none', () => {
    expect(faults(true, [[1, 1], [2, 2], [3, 3]])).toEqual([]); // biome-ignore format: one frame after another
    expect(faults(false, [[1, undefined], [2, undefined]])).toEqual([]); // biome-ignore format: as above
  });

  test('a lost, a doubled and a late first event are each told', () => {
    expect(faults(true, [[1, 1], [3, 3]])).toEqual(['event 3 after 1']); // biome-ignore format: as above
    expect(faults(true, [[1, 1], [1, 1]])).toEqual(['event 1 after 1']); // biome-ignore format: as above
    expect(faults(false, [[2, undefined]])).toEqual(['event 2 after 0']);
  });

  test('an event with a seq that is missing or not the next is told', () => {
    expect(faults(true, [[1, 1], [2, 3]])).toEqual(['seq 3 after 1']); // biome-ignore format: as above
    expect(faults(true, [[1, undefined]])).toEqual(['seq undefined after 0']);
  });
});

describe('figures', () => {
  test('percentiles are the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentiles(hundred, [50, 95, 99, 100])).toEqual([50, 95, 99, 100]);
    expect(percentiles([7], [50, 99])).toEqual([7, 7]);
  });

  test('the median of an even number is the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
  });

  const result = (system: PhaseResult['system'], p50: number, gateway: number): PhaseResult => ({
    system,
    phase: '200/s',
    span: { from: 0, until: 1 },
    perSecond: 200,
    latencyMs: { p50, p95: 1, p99: 1 },
    cpuUs: { gateway },
  });

  test('a ratio is of the same run, whichever system went first', () => {
    const rows = rowsOf([
      result('stepwire', 2, 10),
      result('plain', 1, 10),
      result('plain', 10, 10),
      result('stepwire', 40, 10),
      result('stepwire', 2, 10),
      result('plain', 1, 10),
    ]);
    expect(rows[0]).toMatchObject({ what: '200/s p50', stepwire: 2, plain: 1, ratio: 2, isMet: true });
  });

  test('a missed target is marked, a figure that nobody has is a dash', () => {
    const table = tableOf(rowsOf([result('stepwire', 3.5, 10), result('plain', 1, Number.NaN)]));
    expect(table).toMatch(/200\/s p50 +3\.5 ms +1\.0 ms +3\.50 +≤ 3 ms ✗/);
    expect(table).toMatch(/200\/s gateway CPU +10 µs +–/);
  });

  test('memory grows when it is higher at the end than after the start, not when it sways', () => {
    expect(grows([80, 150, 200, 210, 190, 230, 205, 215, 200, 225])).toBe(false);
    expect(grows([80, 150, 200, 210, 230, 250, 270, 290, 310, 330])).toBe(true);
  });
});

test('options name what is wrong with them', () => {
  expect(() => readOptions(['--runs', '0'])).toThrow('--runs must be a whole number from 1');
  expect(() => readOptions(['--rate', 'fast'])).toThrow('--rate must be');
  expect(readOptions(['--rate', '500', '--rate', 'flood']).rates).toEqual([500, 'flood']);
});
