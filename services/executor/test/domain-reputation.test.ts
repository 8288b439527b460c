import { describe, expect, test } from '@jest/globals';
import { judgeDomain } from '../src/tools/domain-reputation.ts';

const codes = (host: string): string[] => judgeDomain(host).findings.map(({ code }) => code);

test.each([
  ['dhl-parcel.test', ['brand_elsewhere', 'reserved_ending']],
  ['dhlparcel.example', ['brand_elsewhere', 'reserved_ending']],
  ['paypal.com.evil.example', ['brand_elsewhere', 'reserved_ending']],
  ['paypal.net', ['brand_elsewhere']],
  ['paypa1.com', ['homoglyph']],
  ['rnicrosoft.com', ['homoglyph']],
  ['pay-pal.com', ['homoglyph']],
  ['xn--l-7sba6dbr.com', ['homoglyph', 'punycode', 'mixed_scripts']],
  ['раураl.com', ['homoglyph', 'punycode', 'mixed_scripts']],
  ['paypàl.com', ['homoglyph', 'punycode']],
  ['goggle.com', ['misspelt_brand']],
  ['netfliix.com', ['misspelt_brand']],
  ['win-a-prize.top', ['risky_ending']],
  ['bit.ly', ['shortener']],
  ['prize.github.io', ['free_hosting']],
  ['shop.nosuchending', ['unknown_ending']],
  ['a.b.c.d.e.f.co.uk', ['many_labels']],
  ['192.0.2.7', ['ip_address']],
  ['2001:db8::1', ['ip_address']],
  ['localhost', ['reserved_ending']],
])('%s: %j', (host, expected) => {
  expect(codes(host)).toEqual(expected);
});

describe('nothing is held against', () => {
  test.each(['groups.google.com', 'dhl.de', 'www.amazon.co.uk', 'paypal.com'])('a brand’s own %s', (host) => {
    const { belongsTo, findings } = judgeDomain(host);
    expect(belongsTo).not.toBeNull();
    expect(findings).toEqual([]);
  });
  test.each([
    'purchase.com',
    'pineapple.org',
    'apple-pie-recipes.com',
    'ups-and-downs.org',
    'cloud.com',
    'finance.com',
    'cooking.com',
    'groups.com',
    'example.com',
    'bbc.co.uk',
    'co.uk',
  ])('the ordinary %s', (host) => {
    expect(codes(host)).toEqual([]);
  });
});

test('the registrable part is what somebody owns, by the public suffix list', () => {
  expect(judgeDomain('a.b.co.uk')).toMatchObject({ registrable: 'b.co.uk', suffix: 'co.uk' });
  expect(judgeDomain('x.github.io')).toMatchObject({ registrable: 'x.github.io', suffix: 'github.io' });
});

test.each(['', '.', '..', 'a'.repeat(5_000), `${'a.'.repeat(2_000)}com`, '\u0000', 'xn--', 'xn--zzzzzzzz.com', '-.-'])(
  'a host that is none, such as %j, is judged without a throw',
  (host) => {
    expect(judgeDomain(host).host).toBe(host);
  },
);
