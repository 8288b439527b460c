import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Backoff } from '../src/backoff.ts';

describe('backoff', () => {
  test('doubles up to its limit', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 1_000 }, () => 1);
    expect(Array.from({ length: 6 }, () => backoff.next())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  test('begins anew after a reset', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 1_000 }, () => 1);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  test('is drawn from the upper half, however long it goes on', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(5_000), (random, failures) => {
        const backoff = new Backoff({ baseMs: 100, maxMs: 5_000 }, () => random);
        for (let n = 0; n < failures; n++) backoff.next();
        const ceiling = Math.min(5_000, 100 * 2 ** failures);
        const delayMs = backoff.next();
        expect(delayMs).toBeGreaterThanOrEqual(ceiling / 2);
        expect(delayMs).toBeLessThanOrEqual(ceiling);
      }),
    );
  });
});
