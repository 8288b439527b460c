import { expect, test } from '@jest/globals';
import { eventText } from '../src/request/events/event-text.ts';
import { offsetText } from '../src/request/events/offset-text.ts';
import { previewOf } from '../src/request/json-tree.tsx';
import { visibleText } from '../src/request/visible-text.ts';
import { Recording } from './recording.ts';

test('what hides in a text, or a terminal would obey, is made seen', () => {
  expect(visibleText('a\u001b[31mred\u0007 \u202egnp.exe')).toBe('a\\x1b[31mred\\x07 \ufffdgnp.exe');
  expect(visibleText('one\r\ntwo\tthree <b>')).toBe('one\ntwo\tthree <b>');
});

test('a preview says what is in something, and leaves out what is empty', () => {
  expect(previewOf({ urls: ['http://a.test'], phones: [], found: 3, more: { x: 1 }, none: null })).toBe(
    'urls http://a.test · found 3 · more {1}',
  );
  expect(previewOf([1, 2])).toBe('2');
  expect(previewOf('x'.repeat(500), 20)).toHaveLength(20);
});

test('an event in a line, with steps by their names', () => {
  const { events } = new Recording()
    .planned()
    .report(30, 'a', { status: 'failed', error: '<b>no</b>', willRetry: true })
    .add(40, 'executor.tool.started', { toolCallId: 't', toolName: 'search', input: { q: 'x' } });
  const titleOf = (id: string): string => (id === 'a' ? 'Read it' : id);
  expect(events.map((event) => eventText(event, titleOf))).toEqual([
    'Is it safe?',
    'planning',
    '3 steps: Find out',
    'Read it: failed · <b>no</b> · will be tried again',
    'search(q x)',
  ]);
});

test('offsets are as exact as they are short', () => {
  expect([0, 42, 12_345, 192_300, 3_792_000].map(offsetText)).toEqual([
    '0.000',
    '0.042',
    '12.345',
    '3:12.3',
    '1:03:12',
  ]);
});
