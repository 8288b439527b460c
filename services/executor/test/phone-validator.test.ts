import { expect, test } from '@jest/globals';
import { asCountry } from '../src/tools/parameters.ts';
import { validatePhone } from '../src/tools/phone-validator.ts';

test.each([
  ['+44 20 7031 3000', undefined, '+442070313000', 'GB', true, []],
  ['+44 7700 900123', undefined, '+447700900123', 'GB', false, ['fictional']],
  ['0044 7700 900123', undefined, '+447700900123', 'GB', false, ['fictional']],
  ['07700 900123', 'GB', '+447700900123', 'GB', false, ['fictional']],
  ['+1 202-555-0143', undefined, '+12025550143', 'US', true, ['fictional']],
  ['+44 909 879 0000', undefined, '+449098790000', 'GB', true, ['premium_rate']],
  ['+44 999 999 9999', undefined, '+449999999999', 'GB', false, ['invalid']],
  ['07700 900123', undefined, null, null, null, ['country_unknown']],
  ['+999 123456', undefined, null, null, false, ['impossible']],
  ['+', undefined, null, null, false, ['impossible']],
  ['9'.repeat(5_000), undefined, null, null, null, ['country_unknown']],
])('%s in %s', (text, region, number, country, valid, codes) => {
  const validation = validatePhone(text, region === undefined ? undefined : asCountry(region));
  expect(validation).toMatchObject({ number, country, valid });
  expect(validation.findings.map(({ code }) => code)).toEqual(codes);
});

test('a country that does not exist is a wrong input, not a failure to repeat', () => {
  expect(asCountry('gb')).toBe('GB');
  expect(() => asCountry('XX')).toThrow(expect.objectContaining({ code: 'bad_input', retryable: false }));
});
