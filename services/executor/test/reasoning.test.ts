import { describe, expect, test } from '@jest/globals';
import { judgeDomain } from '../src/tools/domain-reputation.ts';
import { extractEntities } from '../src/tools/entity-extraction.ts';
import { validatePhone } from '../src/tools/phone-validator.ts';
import { assess, asText, evidenceOf } from '../src/tools/reasoning.ts';
import { lookUp } from '../src/tools/scam-db.ts';
import { seed } from '../src/tools/scam-db-seed.ts';
import { readAnswer } from '../src/tools/sender.ts';

/** Everything the tools find in a text, by the tools themselves. */
function check(text: string, answer?: string) {
  const entities = extractEntities(text);
  const phones = entities.phones.map((phone) => phone.text);
  return {
    entities,
    scamDb: lookUp(seed, { text, hosts: entities.hosts, phones }),
    domains: { domains: entities.hosts.map(judgeDomain) },
    phones: { phones: phones.map((phone) => validatePhone(phone)) },
    ...(answer === undefined ? {} : { sender: readAnswer(answer) }),
  };
}

const parcel = 'Your parcel is held, pay 2.99 at http://dhl-parcel.test/x or call +44 7700 900123';
const textsOf = (assessment: ReturnType<typeof assess>) => assessment.reasons.map(({ text }) => text).join('\n');

describe('a verdict', () => {
  test.each([
    [parcel, 'likely_scam'],
    ['Your account is suspended, verify your password at http://paypa1.com/login', 'likely_scam'],
    ['Netflix: update your payment at http://netfliix.com', 'likely_scam'],
    ['Hi mum, I lost my phone, can you transfer 500 pounds today', 'suspicious'],
    ['Lunch at 12? The menu is at https://www.bbc.co.uk/food', 'no_sign_of_scam'],
    ['Hello there', 'unclear'],
  ])('on "%s" is %s', (text, verdict) => {
    expect(assess(check(text)).verdict).toBe(verdict);
  });

  test('has reasons, the weightiest first, and a score that no reason makes certain', () => {
    const { reasons, score } = assess(check(parcel));
    expect(reasons.map(({ weight }) => weight)).toEqual(reasons.map(({ weight }) => weight).sort((a, b) => b - a));
    expect(reasons[0]?.text).toContain('dhl-parcel.test');
    expect(score).toBeGreaterThan(90);
    expect(score).toBeLessThan(100);
  });

  test('never falls when there is one more reason for a scam', () => {
    const evidence = check('pay at http://dhl-parcel.test/x');
    const more = check('urgent: pay 2.99 at http://dhl-parcel.test/x or you will be arrested');
    expect(assess(more).score).toBeGreaterThanOrEqual(assess(evidence).score);
  });
});

describe('the answer to "Who sent this to you?"', () => {
  test.each([
    ['DHL', 'You say it came from DHL, but dhl-parcel.test is not one of DHL’s domains'],
    ['my daughter', 'You know who it came from (my daughter)'],
    ['Somebody I know', 'You know who it came from'],
    ['An unknown number or address', 'a number or address you do not know'],
    ['I don’t know', 'Nobody could say who sent it'],
    ['A company or an authority', 'a company or authority'],
    ['', 'Nobody could say who sent it'],
  ])('"%s" gives the reason "%s"', (answer, reason) => {
    expect(textsOf(assess(check(parcel, answer)))).toContain(reason);
  });

  test('speaks for the message where every link is the brand’s own', () => {
    const text = 'Your order has left, follow it at https://www.dhl.com/track';
    const assessment = assess(check(text, 'DHL'));
    expect(textsOf(assessment)).toContain('every link leads to DHL’s own domain');
    expect(assessment.score).toBeLessThan(assess(check(text, 'An unknown number or address')).score);
  });
});

describe('honesty', () => {
  test('steps without a result are named with their reason, in the result and in the text', () => {
    const { evidence, unchecked } = evidenceOf({
      entity_extraction: { status: 'completed', result: extractEntities(parcel) },
      exa_search: { status: 'skipped', result: null, reason: 'web search needs EXA_API_KEY, which is not set' },
      scam_db: { status: 'failed', result: null, reason: 'scamdb.json can’t be used' },
      phone_validator: { status: 'failed', result: null },
    });
    const assessment = assess(evidence, unchecked);
    expect(assessment.notChecked).toEqual([
      { step: 'exa_search', reason: 'web search needs EXA_API_KEY, which is not set' },
      { step: 'scam_db', reason: 'scamdb.json can’t be used' },
      { step: 'phone_validator', reason: 'it failed' },
    ]);
    expect([...asText(assessment)].join('')).toContain('? exa_search: web search needs EXA_API_KEY, which is not set.');
  });

  test('a number without a country is named as not checked', () => {
    expect(assess(check('call 07700 900123')).notChecked).toMatchObject([{ step: 'phone_validator' }]);
  });

  test('a text that was cut is named', () => {
    expect(assess(check('x'.repeat(70_000))).notChecked).toMatchObject([{ step: 'entity_extraction' }]);
  });

  test('no sign of a scam is not called proof', () => {
    expect(assess(check('See https://www.bbc.co.uk/food')).summary).toContain('no proof');
  });
});

test('evidence of another shape is refused by name', () => {
  expect(() => evidenceOf({ scam_db: { status: 'completed', result: { matches: 1 } } })).toThrow(
    'the result of scam_db',
  );
});
