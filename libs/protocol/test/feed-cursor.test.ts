import { describe, expect, test } from '@jest/globals';
import { decodeFeedCursor, encodeFeedCursor, type FeedCursor } from '../src/feed-cursor.ts';
import { idempotentRequestId } from '../src/ids.ts';

const nothing = { epoch: null, position: 0 };
const cursors: FeedCursor[] = [
  { own: nothing },
  { own: { epoch: '0a1b2c3d', position: 7 } },
  { own: nothing, ownerless: { epoch: 'ffffffff', position: Number.MAX_SAFE_INTEGER } },
  { own: { epoch: '0a1b2c3d', position: 7 }, ownerless: nothing },
];
const good = encodeFeedCursor('ada', { own: { epoch: '0a1b2c3d', position: 7 } });

describe('a feed’s cursor', () => {
  test.each(cursors)('%j comes back as it was given out, and fits a URL and an SSE id', (cursor) => {
    const text = encodeFeedCursor('ada', cursor);
    expect(decodeFeedCursor('ada', text)).toEqual(cursor);
    expect(text).toMatch(/^[\w.-]{1,150}$/);
  });

  test('of somebody else is refused by name', () => {
    expect(() => decodeFeedCursor('bob', good)).toThrow(/somebody else/);
  });

  test.each([
    ['nothing', ''],
    ['a number', '7'],
    ['zero', '0'],
    ['a negative position', good.replace('.7', '.-7')],
    ['a position that is no number', good.replace('.7', '.NaN')],
    ['a fraction', good.replace('.7', '.7.5')],
    ['leading zeros', good.replace('.7', '.07')],
    ['beyond what a number can hold', good.replace('.7', '.9007199254740993')],
    ['a huge position', good.replace('.7', `.${'9'.repeat(400)}`)],
    ['an epoch without a position', good.replace('.7', '.0')],
    ['a position without an epoch', good.replace('0a1b2c3d', '')],
    ['another version', `2${good.slice(1)}`],
    ['a line break', `${good}\n`],
    ['something before it', ` ${good}`],
    ['a NUL', `${good}\0`],
    ['half a character', `${good}\ud800`],
    ['a megabyte', 'x'.repeat(1 << 20)],
    ['JSON', '{"position":7}'],
  ])('that is %s is a bad_cursor', (_what, text) => {
    expect(() => decodeFeedCursor('ada', text)).toThrow(expect.objectContaining({ code: 'bad_cursor' }));
  });
});

describe('the requestId of an Idempotency-Key', () => {
  test('is the same for the same user and key, and for nobody else', async () => {
    const id = await idempotentRequestId('ada', 'k');
    expect(id).toMatch(/^key-[0-9a-f]{32}$/);
    expect(await idempotentRequestId('ada', 'k')).toBe(id);
    const others = [idempotentRequestId('ada', 'k2'), idempotentRequestId('bob', 'k'), idempotentRequestId('ad', 'ak')];
    for (const other of await Promise.all(others)) expect(other).not.toBe(id);
  });

  test.each(['', 'ä', 'a\nb', 'x'.repeat(256)])('is not made of the key %j', async (key) => {
    await expect(idempotentRequestId('ada', key)).rejects.toMatchObject({ code: 'bad_request' });
  });
});
