import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import { evolve, initialState } from '@stepwire/run-model';
import { readEvent, readState } from '../src/ask/frames.ts';

const folder = new URL('../../../libs/dialects/fixtures/', import.meta.url);
interface Fixture {
  readonly log: readonly LogEvent[];
  readonly messages: readonly { readonly payload: unknown }[];
}
const fixtures = readdirSync(folder).filter((name) => name.startsWith('guide.'));
const read = (name: string): Fixture => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

const fold = (events: readonly (LogEvent | null)[]) =>
  events.reduce((state, event) => (event === null ? state : evolve(state, event)), initialState('req-123'));

describe('frames of the dialect guide', () => {
  test('are recorded for this test to read', () => {
    expect(fixtures.length).toBeGreaterThan(2);
  });

  test.each(fixtures)('%s: fold to the state that the log itself folds to', (name) => {
    const { log, messages } = read(name);
    expect(fold(messages.map(({ payload }) => readEvent(payload)))).toEqual(fold(log));
  });

  test('a failure that will be repeated is one again, though guide shows it as running', () => {
    const frame = {
      type: 'progress',
      requestId: 'r',
      seq: 3,
      timestamp: 't',
      agent: 'executor-agent',
      step: 1,
      status: 'running',
    };
    const event = readEvent({ ...frame, data: { stepId: 's', status: 'running', willRetry: true, error: 'no' } });
    expect(event).toMatchObject({ type: 'executor.step.progress', data: { status: 'failed', willRetry: true } });
  });

  test.each([
    ['a refusal', { type: 'error', agent: 'gateway', code: 'rate_limited', message: 'm', requestId: 'r' }],
    ['a type that is no text', { type: 1, seq: 1, requestId: 'r', timestamp: 't' }],
    ['nothing', null],
    ['a word', 'progress'],
    ['a list', []],
  ])('%s is no event', (_what, frame) => {
    expect(readEvent(frame)).toBeNull();
  });
});

describe('state', () => {
  test('of a request that is not there', () => {
    expect(readState({ status: 'unknown', seq: 0, requestId: 'r' })).toEqual({
      seq: 0,
      known: false,
      epoch: null,
      reset: false,
      missed: null,
    });
  });

  test('with what was missed, or of another history', () => {
    expect(readState({ status: 'running', seq: 5, epoch: 'e', missed: [{}] })).toMatchObject({
      known: true,
      missed: [{}],
    });
    expect(readState({ status: 'running', seq: 5, reset: true })).toMatchObject({ reset: true });
    expect(readState({ status: 'running' })).toBeNull();
  });
});
