import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fit, jsonLine, visible, visibleLines } from '../src/ask/visible.ts';

describe('text of agents', () => {
  test.each([
    ['colours and cursor moves', 'a\u001b[31mb\u001b[2J', 'a\\x1b[31mb\\x1b[2J'],
    ['the one-byte form of them', '\u009b2J', '\\x9b2J'],
    ['a title for the window', '\u001b]0;owned\u0007', '\\x1b]0;owned\\x07'],
    ['a return to the line’s beginning', 'failed\rcompleted', 'failed\\x0dcompleted'],
    ['backspaces', 'no\b\byes', 'no\\x08\\x08yes'],
    ['letters that run backwards', 'exe.\u202efdp', 'exe.\\u202efdp'],
    ['line separators', 'a\u2028b', 'a\\u2028b'],
    ['NUL and DEL', '\u0000\u007f', '\\x00\\x7f'],
  ])('shows %s', (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('keeps what is only unusual', () => {
    expect(visible('Zürich 😀 مرحبا \\x1b')).toBe('Zürich 😀 مرحبا \\x1b');
  });

  test('is on one line, or on as many as it has', () => {
    expect(visible('a\r\nb\tc')).toBe('a b c');
    expect(visibleLines('a\u001bb\r\nc')).toEqual(['a\\x1bb', 'c']);
  });

  test('is the same value in JSON, with nothing a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = jsonLine({ text });
        expect(JSON.parse(line)).toEqual({ text });
        expect(line).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  test('is cut between characters, never within one', () => {
    expect(fit('😀😀😀', 3)).toBe('😀😀😀');
    expect(fit('😀😀😀', 2)).toBe('😀…');
    expect(fit('abc', 0)).toBe('…');
  });
});
