import { expect, test } from '@jest/globals';
import { durationText, relativeText } from '../src/ui/time-text.ts';

test.each([
  [0, '0 ms'],
  [52.4, '52 ms'],
  [2_449, '2.4 s'],
  [9_990, '9.9 s'],
  [59_999, '59 s'],
  [60_000, '1 m'],
  [192_000, '3 m 12 s'],
  [3_900_000, '1 h 5 m'],
  [183_600_000, '2 d 3 h'],
])('%d ms are %j', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test('ago, until yesterday and before, on the clock of this place', () => {
  const now = new Date(2026, 5, 15, 17, 0, 0).getTime();
  const at = (month: number, day: number, hours: number, year = 2026) => new Date(year, month, day, hours).getTime();
  const said = (then: number) => relativeText(then, now);
  expect(said(now - 2_000)).toBe('just now');
  expect(said(now - 42_000)).toBe('42 s ago');
  expect(said(now - 12 * 60_000)).toBe('12 min ago');
  expect(said(at(5, 15, 3))).toBe('14 h ago');
  expect(said(at(5, 14, 23))).toMatch(/^yesterday, /);
  expect(said(at(5, 13, 23))).toMatch(/13/);
  expect(said(at(5, 13, 23, 2025))).toMatch(/2025/);
  expect(said(now + 50_000)).toBe('in 50 s');
});

test('a clock that is a little behind has seen nothing from the future', () => {
  expect(relativeText(10_400, 10_000)).toBe('now');
});
