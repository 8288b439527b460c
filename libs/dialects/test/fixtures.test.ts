import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import fc from 'fast-check';
import {
  agUi,
  type Dialect,
  eventTypes,
  execution,
  fold,
  guide,
  log,
  type Message,
  narrow,
  row,
  task,
  toolProgress,
} from '../src/index.ts';
import { statesOf } from './logs.ts';

interface Fixture {
  readonly about: string;
  /** where the watcher begins: the state before is that of the log up to this seq. Default 0 */
  readonly from?: number;
  /** they came with a cursor; default no */
  readonly resumed?: boolean;
  /** messages of the event after `from` that they have already; default 0 */
  readonly parts?: number;
  readonly log: readonly LogEvent[];
  /** of dialects that fold */
  readonly opening?: readonly Message[];
  readonly messages: readonly Message[];
}
const dialects: Readonly<Record<string, Dialect>> = {
  ...{ guide, log, execution, row, task },
  ...{ 'tool-progress': toolProgress, 'ag-ui': agUi({ threadId: 'thread-1', runId: 'run-1' }) },
};
const folder = new URL('../fixtures/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const fixture = (name: string): Fixture => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const onTheWire = (value: object): object => JSON.parse(JSON.stringify(value));

function given(name: string, { log: events, from = 0, resumed = false, parts = 0 }: Fixture): Partial<Fixture> {
  const dialect = dialects[name.split('.')[0] ?? ''];
  if (dialect === undefined) throw new Error(`no dialect for ${name}`);
  if (!dialect.folds) return { messages: dialect.messages(events) };
  const before = statesOf(events)[from];
  if (before === undefined) throw new Error(`${name} begins beyond its log`);
  const { messages } = fold(dialect, before, events.slice(from), { parts });
  return { opening: dialect.opening(before, resumed), messages };
}

describe('a recorded log gives exactly these messages', () => {
  test('every dialect has a fixture', () => {
    expect(new Set(names.map((name) => name.split('.')[0]))).toEqual(new Set(Object.keys(dialects)));
  });

  test.each(names)('%s', (name) => {
    const recorded = fixture(name);
    const now = onTheWire(given(name, recorded));
    // RECORD_FIXTURES=1 writes what is given now: look at the difference before you commit it
    if (process.env.RECORD_FIXTURES === '1' && !isDeepStrictEqual({ ...recorded, ...now }, recorded)) {
      writeFileSync(new URL(name, folder), JSON.stringify({ ...recorded, ...now }, null, 2));
    } else expect({ ...recorded, ...now }).toEqual(recorded);
  });
});

describe('how a log is cut into stretches', () => {
  const { log: events } = fixture('guide.completed.json');
  const cuts = fc.uniqueArray(fc.nat({ max: events.length })).map((at) => [0, ...at.sort((a, b) => a - b)]);
  const stretches = (at: readonly number[]) => at.map((from, index) => events.slice(from, at[index + 1]));

  test('changes nothing in guide: one event is one frame', () => {
    fc.assert(
      fc.property(cuts, (at) => {
        expect(stretches(at).flatMap((part) => guide.messages(part))).toEqual(guide.messages(events));
      }),
    );
  });

  test('changes only the grouping in log', () => {
    fc.assert(
      fc.property(cuts, (at) => {
        const frames = stretches(at).flatMap((part) => log.messages(part));
        expect(frames.flatMap(({ payload }) => payload)).toEqual(events);
        expect(frames.every(({ payload, seq }) => Array.isArray(payload) && payload.at(-1).seq === seq)).toBe(true);
      }),
    );
  });
});

describe('narrowing', () => {
  const { log: events } = fixture('guide.failed.json');

  test('keeps what was asked for, by type or by the dialect’s own name', () => {
    const types = eventTypes(guide, ['error', 'request.failed', 'no.such.type', '__proto__']);
    expect(guide.messages(narrow(events, types)).map(({ name }) => name)).toEqual(['error', 'request.failed']);
    expect(narrow(events, eventTypes(log, ['error']))).toEqual([]);
  });

  test('without types everything passes', () => {
    expect(narrow(events, null)).toBe(events);
  });
});
