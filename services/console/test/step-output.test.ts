import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_LINE_CHARS, StepOutput } from '../src/request/log/step-output.ts';

const written = (...pieces: readonly string[]): StepOutput => {
  const output = new StepOutput(1);
  pieces.forEach((piece, index) => {
    output.append(index + 1, piece);
  });
  return output;
};
const linesAt = (output: StepOutput, seq: number): string[] =>
  Array.from({ length: output.linesAt(seq) }, (_, index) => output.lineAt(index, seq));

test('lines come together from pieces, and a newline at the end begins none', () => {
  const output = written('one\ntw', 'o\n', '\nfour');
  expect(linesAt(output, 3)).toEqual(['one', 'two', '', 'four']);
  expect(linesAt(written('one\n'), 1)).toEqual(['one']);
  expect(linesAt(new StepOutput(1), 9)).toEqual([]);
});

test('what stood there at an earlier event is what was written until then', () => {
  const output = written('one\ntw', 'o\nthree');
  expect(linesAt(output, 0)).toEqual([]);
  expect(linesAt(output, 1)).toEqual(['one', 'tw']);
  expect(output.textAt(1)).toBe('one\ntw');
  expect(linesAt(output, 2)).toEqual(['one', 'two', 'three']);
});

test('whatever the pieces, the lines are those of the whole text', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n') })), (pieces) => {
      const text = pieces.join('');
      const expected = text === '' ? [] : (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
      expect(linesAt(written(...pieces), pieces.length)).toEqual(expected);
    }),
  );
});

test('a line without an end is cut into several', () => {
  const output = written('x'.repeat(MAX_LINE_CHARS), 'x'.repeat(MAX_LINE_CHARS + 5));
  expect(linesAt(output, 2).map(({ length }) => length)).toEqual([MAX_LINE_CHARS, MAX_LINE_CHARS, 5]);
});
