import { expect, test } from '@jest/globals';
import { dayBefore, filtersIn, listQueryOf, noFilters, searchOf } from '../src/requests/request-filters.ts';

test('what stands in the address is what is asked for, and back', () => {
  const search = '?q=dhl+parcel&status=failed&from=2026-03-28&to=2026-03-29';
  const filters = filtersIn(search);
  expect(filters).toEqual({ q: 'dhl parcel', status: 'failed', from: '2026-03-28', to: '2026-03-29' });
  expect(searchOf(filters)).toBe(search);
  expect(searchOf(noFilters)).toBe('');
});

test('what makes no sense in an address counts as absent', () => {
  expect(filtersIn('?status=exploded&from=yesterday&to=2026-99-99&other=1')).toEqual(noFilters);
  expect(filtersIn(`?q=${'x'.repeat(500)}`).q).toHaveLength(200);
});

test('days are whole, of this time zone, and the last one counts', () => {
  const { from, to } = listQueryOf({ ...noFilters, from: '2026-03-28', to: '2026-03-28' }, 50);
  expect(from).toBe(new Date(2026, 2, 28).toISOString());
  expect(to).toBe(new Date(2026, 2, 29).toISOString());
});

test('running is everything that goes on; blank words are none', () => {
  expect(listQueryOf({ ...noFilters, q: '  ', status: 'active' }, 50)).toEqual({
    status: 'queued,planning,running,waiting,cancelling',
    limit: 50,
  });
});

test('yesterday, also over the end of a month', () => {
  const now = new Date(2026, 2, 1, 0, 30).getTime();
  expect(dayBefore(now, 0)).toBe('2026-03-01');
  expect(dayBefore(now, 1)).toBe('2026-02-28');
});
