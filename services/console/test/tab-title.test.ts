import { expect, test } from '@jest/globals';
import { type TabFacts, tabTitle } from '../src/shell/tab-title.ts';

const home: TabFacts = { page: 'Home', request: null, running: 0, progress: null, endedUnseen: false };
const request = { requestId: 'req-1', userQuery: 'Is it  safe\nto open?', status: 'running', progress: 41.6 } as const;

test.each<[Partial<TabFacts>, string]>([
  [{}, 'Home · Stepwire'],
  [{ running: 1, progress: 41.6 }, '42 % · Home · Stepwire'],
  [{ running: 2 }, '2 running · Home · Stepwire'],
  [{ endedUnseen: true }, '✓ done · Home · Stepwire'],
  [{ endedUnseen: true, running: 2 }, '✓ done, 2 running · Home · Stepwire'],
  [{ request }, '42 % · Is it safe to open? · Stepwire'],
  [{ request: { ...request, status: 'waiting' } }, '? question · Is it safe to open? · Stepwire'],
  [{ request: { ...request, status: 'completed' } }, '✓ done · Is it safe to open? · Stepwire'],
  [{ request: { ...request, status: 'failed' } }, '✕ failed · Is it safe to open? · Stepwire'],
  [{ request: { ...request, status: 'loading', userQuery: null } }, 'req-1 · Stepwire'],
])('%j is called %j', (facts, title) => {
  expect(tabTitle({ ...home, ...facts })).toBe(title);
});
