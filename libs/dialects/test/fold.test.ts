import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import { initialState } from '@stepwire/run-model';
import { execution, fold, messageId, parseCursor, toolProgress, toolProgressFailure } from '../src/index.ts';
import { statesOf } from './logs.ts';

const log: readonly LogEvent[] = JSON.parse(
  readFileSync(new URL('../fixtures/execution.question-answered.json', import.meta.url), 'utf8'),
).log;

describe('cursors', () => {
  test.each([
    ['7', { seq: 7, parts: 0 }],
    ['0', { seq: 0, parts: 0 }],
    ['7.2', { seq: 6, parts: 2 }],
  ])('%s is %j', (id, cursor) => expect(parseCursor(id)).toEqual(cursor));

  test.each(['', '-1', '7.', '.1', '7.0', '0.1', '7.1.1', '1e3', '7 ', '９', '9'.repeat(16)])('%j is none', (id) =>
    expect(parseCursor(id)).toBeNull(),
  );

  test('all but the last message of an opening have none', () => {
    const opening = execution.opening(statesOf(log)[5] ?? initialState('r'), false);
    expect(opening.map(messageId)).toEqual([undefined, undefined, undefined, '5']);
  });
});

describe('narrowing a dialect that folds', () => {
  const told = (...types: string[]) =>
    fold(execution, initialState('req-1'), log, { types: new Set(types) }).messages.map(({ name }) => name);

  test('keeps messages by their name', () => expect(told('phase:start')).toEqual(['phase:start', 'phase:start']));

  test('keeps all that events of a type give, and still follows the others', () =>
    expect(told('request.completed', 'request.accepted')).toEqual(['execution:started', 'execution:complete']));
});

describe('an event of a type nobody knows', () => {
  const named = (type: string) => {
    const [event] = log;
    if (event === undefined) throw new Error('no log');
    const before = statesOf(log)[5] ?? initialState('req-1');
    return fold(execution, before, [{ ...event, type, seq: 6 }]).messages.map(({ name }) => name);
  };

  test('is passed on under its own type, unless that is a name of ours or would break the stream', () => {
    expect(named('my.own')).toEqual(['my.own']);
    for (const type of ['execution:complete', 'error', 'a\ndata: x', 'a\rb']) expect(named(type)).toEqual(['event']);
  });
});

describe('tool-progress while nothing happens', () => {
  const at = '2026-01-01T00:01:00.000Z';
  const said = (seq: number) => toolProgress.holding?.(statesOf(log)[seq] ?? initialState('req-1'), at);

  test.each([
    [1, 'plan', 'waiting for a planner'],
    [2, 'plan', 'planning'],
    [3, 'entity_extraction', 'waiting for an executor'],
    [5, 'entity_extraction', 'Find what can be looked up'],
    [6, 'entity_extraction', 'waiting for an answer: Who sent it?'],
    [7, 'entity_extraction', 'waiting for an executor'],
  ])('after event %i: %s, %s', (seq, step, message) =>
    expect(said(seq)).toMatchObject({ seq, payload: { step, message, timestamp: at } }),
  );

  test('nothing holds a request that nobody knows, or that has ended', () => {
    expect(said(0)).toBeNull();
    expect(said(log.length)).toBeNull();
  });

  test('a refusal looks like the failure of a task', () =>
    expect(toolProgressFailure('not_found', 'there is no such task')).toEqual({
      ...{ step: 'failed', message: 'there is no such task', percent: 0, error: true, code: 'not_found' },
    }));
});
