import { test } from '@jest/globals';
import { type LogEvent, parseEvent } from '@stepwire/protocol';
import { evolve, initialState, type RunState } from '@stepwire/run-model';
import { fuzz, longText, mutatedValue, outcome, validEvents } from '@stepwire/testing';
import fc from 'fast-check';
import { eventLines } from '../../src/ask/event-lines.ts';
import { screenLines } from '../../src/ask/screen-lines.ts';
import { outcome as verdict } from '../../src/ask/verdict.ts';
import { fit, jsonLine, visible, visibleLines } from '../../src/ask/visible.ts';

/** What `npm run ask` writes to a terminal of what agents wrote: a terminal obeys nothing of it. */
const obeyed = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const checkLines = (lines: readonly string[]): void => {
  for (const line of lines) if (obeyed.test(line)) throw new Error(`a terminal obeys ${JSON.stringify(line)}`);
};
const escapes = fc.constantFrom(
  '\u001b[2J',
  '\u001b]0;owned\u0007',
  '\u009b31m',
  '\u202e',
  '\r',
  '\b',
  '\n',
  '\u2028',
  '\0',
);
const text = fc
  .array(fc.oneof(escapes, fc.string({ unit: 'binary' })), { maxLength: 20 })
  .map((parts) => parts.join(''));

/** the log of what of these was accepted, as the coordinator would keep it */
const log = fc.array(mutatedValue(validEvents), { maxLength: 12 }).map((bodies) =>
  bodies.flatMap((body): LogEvent[] => {
    const read = outcome(() => parseEvent(JSON.stringify(body), { now: 0 }));
    return 'accepted' in read ? [{ ...read.accepted, requestId: 'req-1', seq: 0 }] : [];
  }),
);

const accepted = <T>(act: () => T): T => {
  const read = outcome(act);
  if ('refused' in read) throw read.refused;
  return read.accepted;
};

fuzz(test, {
  'lines and screens of any log': fc.property(
    log,
    fc.integer({ min: 1, max: 200 }),
    text,
    (events, columns, hostile) => {
      let state: RunState = initialState('req-1');
      for (const [index, event] of events.entries()) {
        const before = state;
        // every text of it, too
        const data = JSON.parse(JSON.stringify(event.data), (_key, value) => (value === 't' ? hostile : value));
        const told = { ...event, data, seq: index + 1 };
        state = evolve(before, told);
        checkLines(accepted(() => eventLines(before, told, state)));
      }
      const screen = { columns, rows: 24, tick: 3, paint: (_style: string, words: string) => words };
      checkLines(accepted(() => screenLines(state, screen)));
      checkLines(accepted(() => verdict(state, 'http://localhost:3001')));
    },
  ),
  'any text': fc.property(fc.oneof(text, longText(200_000)), fc.nat({ max: 300 }), (words, width) => {
    checkLines(
      accepted(() => [visible(words), ...visibleLines(words), jsonLine({ words }), fit(visible(words), width)]),
    );
    if (JSON.parse(jsonLine({ words })).words !== words) throw new Error('it is another value');
    if (Array.from(fit(words, width)).length > Math.max(1, width)) throw new Error('it is wider than the screen');
  }),
});
