import { expect, test } from '@jest/globals';
import { type Session, sessionAfter, tokenIn } from '../src/shell/session.ts';

const ada = { userId: 'ada', operator: false, expiresAt: '2026-01-01T12:00:00.000Z' };
const noon = Date.parse(ada.expiresAt);
const signedIn: Session = { kind: 'signed-in', user: ada };
const refused = (code: 'unauthorized' | 'auth_expired') => ({
  kind: 'refused' as const,
  refusal: { code, message: 'no' },
});

test('nobody has signed in: they may, and nothing is said of an end', () => {
  expect(sessionAfter({ kind: 'asking' }, refused('unauthorized'), null, noon)).toEqual({
    kind: 'signed-out',
    endedAt: null,
  });
});

test('a sign-in that ran out while the page was closed is said to have, though its cookie is gone', () => {
  const later = noon + 3_600_000;
  expect(sessionAfter({ kind: 'asking' }, refused('unauthorized'), noon, later)).toEqual({
    kind: 'signed-out',
    endedAt: noon,
  });
});

test('a sign-in that runs out under an open page leaves the page, and says when', () => {
  const now = noon + 800;
  const expected = { kind: 'ended', user: ada, why: 'expired', at: noon };
  expect(sessionAfter(signedIn, refused('auth_expired'), noon, now)).toEqual(expected);
  expect(sessionAfter(signedIn, refused('unauthorized'), noon, now)).toEqual(expected);
});

test('signed out in another window: before its time, and not called expired', () => {
  const now = noon - 60_000;
  expect(sessionAfter(signedIn, refused('unauthorized'), noon, now)).toEqual({
    kind: 'ended',
    user: ada,
    why: 'elsewhere',
    at: now,
  });
});

test('a gateway that is away signs nobody out', () => {
  const away = { kind: 'unreachable', message: 'away' } as const;
  expect(sessionAfter(signedIn, away, noon, noon)).toBe(signedIn);
  expect(sessionAfter({ kind: 'asking' }, away, null, noon)).toEqual(away);
});

test('the same user again is the same session, so that nothing is read anew; a longer sign-in is another', () => {
  expect(sessionAfter(signedIn, { kind: 'user', user: { ...ada } }, noon, noon)).toBe(signedIn);
  const renewed = { ...ada, expiresAt: '2026-01-01T20:00:00.000Z' };
  expect(sessionAfter(signedIn, { kind: 'user', user: renewed }, noon, noon)).toEqual({
    kind: 'signed-in',
    user: renewed,
  });
});

test('told twice that it ended: it ended the first time', () => {
  const ended = sessionAfter(signedIn, refused('auth_expired'), noon, noon + 1_000);
  expect(sessionAfter(ended, refused('unauthorized'), noon, noon + 9_000)).toBe(ended);
});

test.each([
  ['  abc.DEF-1_2.x==\n', 'abc.DEF-1_2.x=='],
  ['Bearer abc.def.ghi', 'abc.def.ghi'],
  ['Authorization: Bearer abc.def.ghi', 'abc.def.ghi'],
  ['abc def', null],
  ['<b>', null],
  ['tökén', null],
  ['', null],
])('tokenIn %j', (pasted, token) => {
  expect(tokenIn(pasted)).toBe(token);
});
