import { expect, test } from '@jest/globals';
import { waitFor } from '../src/index.ts';

test('returns what the look finally gives', async () => {
  let looks = 0;
  expect(await waitFor(() => (++looks === 3 ? looks : undefined), { everyMs: 1 })).toBe(3);
});

test('zero and the empty string are answers', async () => {
  expect(await waitFor(() => 0)).toBe(0);
  expect(await waitFor(() => '')).toBe('');
});

test('a look that throws is repeated', async () => {
  let looks = 0;
  const look = () => {
    if (++looks < 3) throw new Error('not yet');
    return true;
  };
  expect(await waitFor(look, { everyMs: 1 })).toBe(true);
});

test('after the deadline it says what it waited for and what it saw last', async () => {
  const look = (): boolean => {
    throw new Error('ECONNREFUSED');
  };
  await expect(waitFor(look, { timeoutMs: 20, everyMs: 1, what: 'the port' })).rejects.toThrow(
    'waited 20 ms for the port; it threw ECONNREFUSED',
  );
});
