import { expect, test } from '@jest/globals';
import type { RequestRow } from '../src/requests/request-rows.ts';
import { renewed } from '../src/requests/use-request-list.ts';

const times = { createdAt: '', updatedAt: '', finishedAt: null };
const row = (requestId: string, progress = 0): RequestRow => ({
  ...{ requestId, userId: null, userQuery: null, status: 'running', progress, currentStage: '', seq: 1 },
  ...times,
});
const rows = (ids: string) => [...ids].map((id) => row(id));
const idsOf = (list: { readonly rows: readonly RequestRow[] | null }) =>
  list.rows?.map(({ requestId }) => requestId).join('');

test('what was loaded below the first page stays, with its place to go on from', () => {
  const list = renewed({ rows: rows('dcba'), cursor: 'after a' }, { requests: rows('fedc'), cursor: 'after c' });
  expect([idsOf(list), list.cursor]).toEqual(['fedcba', 'after a']);
});

test('rows of the first page are the new ones', () => {
  const list = renewed({ rows: [row('b', 10), row('a')], cursor: 'x' }, { requests: [row('b', 90)], cursor: 'y' });
  expect(list.rows?.map(({ progress }) => progress)).toEqual([90, 0]);
});

test('where so much is new that there may be a gap, it begins anew', () => {
  const list = renewed({ rows: rows('ba'), cursor: null }, { requests: rows('fedc'), cursor: 'after c' });
  expect([idsOf(list), list.cursor]).toEqual(['fedc', 'after c']);
});

test('where the first page is all there is, nothing else is shown', () => {
  const list = renewed({ rows: rows('cba'), cursor: null }, { requests: rows('cb'), cursor: null });
  expect([idsOf(list), list.cursor]).toEqual(['cb', null]);
});
