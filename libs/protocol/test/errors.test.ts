import { describe, expect, test } from '@jest/globals';
import { type ErrorCode, errorTable, StepwireError } from '../src/errors.ts';

describe('StepwireError', () => {
  test('goes over a wire and comes back the same', () => {
    const error = new StepwireError('rate_limited', 'slower', { retryAfterMs: 250 });
    const back = StepwireError.from(JSON.parse(JSON.stringify(error.toBody())));
    expect(back.toBody()).toEqual({ code: 'rate_limited', message: 'slower', retryAfterMs: 250 });
  });

  test('does not tell its cause to anybody outside', () => {
    const error = new StepwireError('unavailable', 'no broker', { cause: new Error('password in here') });
    expect(error.toBody()).toEqual({ code: 'unavailable', message: 'no broker' });
    expect(error.cause).toEqual(new Error('password in here'));
  });

  test('has no member that was not given', () => {
    expect(Object.keys(new StepwireError('not_found', 'm').toBody())).toEqual(['code', 'message']);
  });
});

// design §9, row by row, and what /scan-image says to images (§7.3)
const rows: [ErrorCode[], number | null][] = [
  [['bad_request', 'too_deep', 'bad_cursor'], 400],
  [['unauthorized', 'auth_expired'], 401],
  [['origin_refused'], 403],
  [['not_found'], 404],
  [['request_id_taken', 'conflict', 'already_finished', 'already_answered', 'expired'], 409],
  [['cursor_gone'], 410],
  [['too_large'], 413],
  [['image_not_supported'], 415],
  [['rate_limited', 'too_many_connections'], 429],
  [['unavailable'], 503],
  [['slow_consumer'], null],
];
test.each(rows)('%j are HTTP %s', (codes, http) => {
  for (const code of codes) expect(errorTable[code].http).toBe(http);
});
test('the table has no code beside those', () => {
  expect(Object.keys(errorTable).sort()).toEqual(rows.flatMap(([codes]) => codes).sort());
});
