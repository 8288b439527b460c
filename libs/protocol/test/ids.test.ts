import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventId, utf8Bytes } from '../src/ids.ts';
import { limits } from '../src/limits.ts';
import { parseEvent } from '../src/parse.ts';

describe('eventId', () => {
  test('joins its parts, so that a retry keeps it', () => {
    expect(eventId('req-123', 'scan', 2, 'completed')).toBe('req-123/scan/2/completed');
  });

  test('is within the limit whatever the parts are, and always one that parseEvent takes', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 250 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const id = eventId('r', ...parts);
        expect(utf8Bytes(id)).toBeLessThanOrEqual(limits.idBytes);
        const body = JSON.stringify({ id, type: 'x', requestId: 'r' });
        expect(parseEvent(body, { now: 0 }).id).toBe(id);
      }),
    );
  });

  test('of a cut through a surrogate pair is still text', () => {
    // 300 bytes; the last 50 UTF-16 units begin with the second half of a pair
    expect(eventId(`${'😀'.repeat(74)}abc😀`).isWellFormed()).toBe(true);
    expect(eventId(`${'😀'.repeat(74)}abcd`).isWellFormed()).toBe(true);
  });

  test('differs where only the part that is cut off differs', () => {
    const tail = 'z'.repeat(300);
    expect(eventId('a', tail)).not.toBe(eventId('b', tail));
  });
});

describe('utf8Bytes', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['ü', 2],
    ['€', 3],
    ['😀', 4],
    // a lone surrogate is written as U+FFFD
    ['\ud800', 3],
  ])('%j', (text, bytes) => {
    expect(utf8Bytes(text)).toBe(bytes);
  });
});
