import { expect, test } from '@jest/globals';
import { connectionView, sentence } from '../src/shell/connection-view.ts';

const now = 1_000_000;

test('the first attempt is connecting, a later one is still offline, and for how long', () => {
  expect(connectionView({ state: 'connecting' }, null, now)).toMatchObject({ word: 'Connecting', outdated: false });
  expect(connectionView({ state: 'connecting' }, now - 12_400, now)).toMatchObject({
    word: 'Offline',
    since: '12 s',
    outdated: true,
  });
});

test('offline says when it is tried again, in whole seconds that are never none', () => {
  const retrying = { state: 'offline', reason: 'retrying', attempts: 3, retryAt: now + 4_200 } as const;
  const detail = 'Stepwire cannot be reached. Next try in 5 s.';
  expect(connectionView(retrying, now - 75_000, now)).toMatchObject({ word: 'Offline', since: '1 m 15 s', detail });
  expect(connectionView({ ...retrying, retryAt: now - 5 }, now, now).detail).toContain('Next try in 1 s');
});

test('offline for less than a second is just offline', () => {
  expect(connectionView({ state: 'offline', reason: 'no-network' }, now - 300, now).since).toBeNull();
});

test('what failed says why, as a sentence', () => {
  const reason = { code: 'origin_refused', message: 'the origin http://a is not in ALLOWED_ORIGINS' } as const;
  expect(connectionView({ state: 'failed', reason }, now, now)).toMatchObject({
    tone: 'bad',
    word: 'Not connected',
    detail: 'The origin http://a is not in ALLOWED_ORIGINS.',
  });
});

test('sentence keeps a stop that is there', () => {
  expect(sentence('why?')).toBe('Why?');
});
