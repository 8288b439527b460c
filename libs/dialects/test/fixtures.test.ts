import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import fc from 'fast-check';
import { eventTypes, guide, log, type Message, narrow, type StatelessDialect } from '../src/index.ts';

interface Fixture {
  readonly about: string;
  readonly log: readonly LogEvent[];
  readonly messages: readonly Message[];
}
const dialects: Readonly<Record<string, StatelessDialect>> = { guide, log };
const folder = new URL('../fixtures/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const fixture = (name: string): Fixture => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const onTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a recorded log gives exactly these messages', () => {
  test('every dialect has a fixture', () => {
    expect(new Set(names.map((name) => name.split('.')[0]))).toEqual(new Set(Object.keys(dialects)));
  });

  test.each(names)('%s', (name) => {
    const { log: events, messages } = fixture(name);
    const dialect = dialects[name.split('.')[0] ?? ''];
    expect(onTheWire(dialect?.messages(events))).toEqual(messages);
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
