import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import { evolve, initialState } from '@stepwire/run-model';
import { BadRecordingError, parseRecording } from '../../src/recording/recording.ts';

const sample = readFileSync(join(import.meta.dirname, '../../recordings/message-check.jsonl'), 'utf8');
const [first = '', second = ''] = sample.split('\n');
const changed = (line: string, members: object): string => JSON.stringify({ ...JSON.parse(line), ...members });
const complaint = (text: string): string => {
  try {
    parseRecording(text, 'my.jsonl');
  } catch (error) {
    if (error instanceof BadRecordingError) return error.message;
    throw error;
  }
  return 'none';
};

test('the recording of this repository is a message check with a question, from its start to its end', () => {
  const { requestId, events } = parseRecording(sample, 'message-check.jsonl');
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['executor.question.asked', 'question.answered']),
  );
  const state = events.reduce((before, event) => evolve(before, event), initialState(requestId));
  expect(state).toMatchObject({ managed: true, status: 'completed', progress: 100, seq: events.length });
});

test('lines of events and the page of the API are the same recording', () => {
  const events: LogEvent[] = sample
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const page = JSON.stringify({ epoch: 'e', head: events.length, events, next: events.length }, null, 2);
  expect(parseRecording(page, 'page.json')).toEqual(parseRecording(sample, 'lines.jsonl'));
});

describe('what is wrong is told with its line', () => {
  const twice = `${first}\n${second}`;
  test.each([
    ['no JSON', `${first}\n{"seq": 2,`, /^my\.jsonl:2: not JSON: /],
    ['no event', `${first}\n[]`, /^my\.jsonl:2: an event is a JSON object$/],
    ['no number', changed(first, { seq: undefined }), /^my\.jsonl:1: an event of the log has id, seq and timestamp$/],
    [
      'data that its type does not have',
      `${first}\n\n${changed(second, { data: { percent: 'x' } })}`,
      /^my\.jsonl:3: .*percent/,
    ],
    ['a gap', `${first}\n${changed(second, { seq: 7 })}`, /^my\.jsonl:2: seq is 7 where 2 is next/],
    ['no beginning', second, /^my\.jsonl:1: seq is 2 where 1 is next/],
    [
      'two requests',
      `${first}\n${changed(second, { requestId: 'other' })}`,
      /^my\.jsonl:2: requestId is other, before /,
    ],
    [
      'an event after the end',
      `${changed(first, { type: 'request.cancelled', data: {} })}\n${second}`,
      /^my\.jsonl:2: nothing follows/,
    ],
    [
      'a page that is not all',
      JSON.stringify({ head: 9, events: twice.split('\n').map((line) => JSON.parse(line)) }),
      /2 of 9 events.*since=2/,
    ],
    [
      'an odd event in a page',
      JSON.stringify({ events: [JSON.parse(first), 5] }),
      /^my\.jsonl: \/events\/1: an event is/,
    ],
    ['nothing', '\n', /^my\.jsonl: there is no event in it$/],
  ])('%s', (_, text, message) => {
    expect(complaint(text)).toMatch(message);
  });
});
