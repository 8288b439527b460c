import { describe, expect, test } from '@jest/globals';
import { extractEntities } from '../src/tools/entity-extraction.ts';

describe('the message of the README', () => {
  const found = extractEntities('Your parcel is held, pay 2.99 at http://dhl-parcel.test/x or call +44 7700 900123');
  test('has a URL, a phone number and an amount, each once', () => {
    expect(found.urls.map(({ text }) => text)).toEqual(['http://dhl-parcel.test/x']);
    expect(found.phones.map(({ text }) => text)).toEqual(['+44 7700 900123']);
    expect(found.amounts).toMatchObject([{ text: '2.99', value: 2.99, currency: null }]);
    expect(found.hosts).toEqual(['dhl-parcel.test']);
  });
  test('names no sender: that a link holds a name does not count', () => {
    expect(found.sender).toBeNull();
  });
  test('speaks of a parcel and of paying', () => {
    expect(found.cues.map(({ cue }) => cue)).toEqual(['delivery', 'payment']);
  });
});

describe('URLs', () => {
  test.each([
    ['see http://a.example/b.', 'http://a.example/b', 'a.example'],
    ['(http://a.example/x_(y))', 'http://a.example/x_(y)', 'a.example'],
    ['"https://A.Example:8080/q?x=1#y"', 'https://A.Example:8080/q?x=1#y', 'a.example'],
    ['at http://[2001:db8::1]:8080/x!', 'http://[2001:db8::1]:8080/x', '2001:db8::1'],
    ['http://192.0.2.7/login', 'http://192.0.2.7/login', '192.0.2.7'],
    ['http://0xC0000207/', 'http://0xC0000207/', '192.0.2.7'],
    ['http://раураl.com/', 'http://раураl.com/', 'xn--l-7sba6dbr.com'],
    ['https://xn--l-7sba6dbr.com', 'https://xn--l-7sba6dbr.com', 'xn--l-7sba6dbr.com'],
    ['http://paypal.com@evil.example/', 'http://paypal.com@evil.example/', 'evil.example'],
    ['hxxps://evil[.]example/x', 'hxxps://evil[.]example/x', 'evil.example'],
    ['go to dhl-parcel.test/x now', 'dhl-parcel.test/x', 'dhl-parcel.test'],
    ['go to bücher.example, please', 'bücher.example', 'xn--bcher-kva.example'],
    ['visit WWW.EXAMPLE.COM', 'WWW.EXAMPLE.COM', 'www.example.com'],
  ])('%s', (text, url, host) => {
    const { urls } = extractEntities(text);
    expect(urls.map((found) => [found.text, found.host])).toEqual([[url, host]]);
  });

  test.each([
    'e.g.this',
    'call me.Now we wait',
    '3.14 and 1.2.3',
    'http://',
    'http://[::zz]/',
    'report.pdf',
    'a..b',
    '...',
  ])('%s is none', (text) => {
    expect(extractEntities(text).urls).toEqual([]);
  });
});

describe('what overlaps is counted once, as the most telling', () => {
  test('numbers and accounts inside a URL are part of it', () => {
    const found = extractEntities('http://evil.test/?iban=GB82WEST12345698765432&tel=+447700900123&pay=£5');
    expect(found).toMatchObject({ phones: [], ibans: [], emails: [], amounts: [] });
    expect(found.urls).toHaveLength(1);
  });
  test('an e-mail address is not a link too', () => {
    const found = extractEntities('write to service@dhl-parcel.test or +44 7700 900123');
    expect(found.emails).toMatchObject([{ address: 'service@dhl-parcel.test', host: 'dhl-parcel.test' }]);
    expect(found.urls).toEqual([]);
    expect(found.hosts).toEqual(['dhl-parcel.test']);
  });
  test('an IBAN holds no phone number', () => {
    const found = extractEntities('to DE89 3704 0044 0532 0130 00 today');
    expect(found.ibans).toMatchObject([{ iban: 'DE89370400440532013000', country: 'DE', valid: true }]);
    expect(found.phones).toEqual([]);
  });
});

describe('IBANs', () => {
  test.each([
    ['GB82 WEST 1234 5698 7654 32 please', 'GB82WEST12345698765432', true],
    ['gb82west12345698765432', 'GB82WEST12345698765432', true],
    ['NL91-ABNA-0417-1643-00', 'NL91ABNA0417164300', true],
    ['IBAN: GB82 WEST 1234 5698 7654 33', 'GB82WEST12345698765433', false],
  ])('%s', (text, iban, valid) => {
    expect(extractEntities(text).ibans).toMatchObject([{ iban, valid }]);
  });
  test.each([
    'GB82 WEST 1234 5698 7654 33', // a wrong checksum, and nobody calls it an IBAN
    'GB82 WEST 1234 5698 7654 325', // a digit too many
    'GB82 WEST 1234', // too short
    'XX82 WEST 1234 5698 7654 32', // no such country
  ])('%s is none', (text) => {
    expect(extractEntities(text).ibans).toEqual([]);
  });
});

describe('phone numbers', () => {
  test.each([
    ['call +44 7700 900123.', '+44 7700 900123'],
    ['+44 7700 900123 24 hours a day', '+44 7700 900123'],
    ['0044 7700 900123', '0044 7700 900123'],
    ['+49 (0)30 901820', '+49 (0)30 901820'],
    ['(202) 555-0143', '(202) 555-0143'],
    ['202-555-0143', '202-555-0143'],
    ['07700 900123', '07700 900123'],
    ['text 7700900123', '7700900123'],
    ['send it to 07700 900123', '07700 900123'],
  ])('%s', (text, phone) => {
    expect(extractEntities(text).phones.map((found) => found.text)).toEqual([phone]);
  });
  test.each(['2026-05-01', '01/05/2026', 'order 123456789', 'in 1984', 'version 10.2.33', 'A12345678', '12:30'])(
    '%s is none',
    (text) => {
      expect(extractEntities(text).phones).toEqual([]);
    },
  );
});

describe('crypto addresses', () => {
  test.each([
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'bitcoin', true],
    ['3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', 'bitcoin', true],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'bitcoin', true],
    ['BC1SW50QGDZ25J', 'bitcoin', true],
    ['TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t', 'tron', true],
    ['0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe', 'ethereum', false],
  ])('%s', (address, network, checked) => {
    expect(extractEntities(`send it to ${address}!`).cryptoAddresses).toMatchObject([{ address, network, checked }]);
  });
  test.each([
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb', // one letter off
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5',
    'bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', // cases mixed
    '0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BA', // one digit short
  ])('%s is none', (address) => {
    expect(extractEntities(address).cryptoAddresses).toEqual([]);
  });
});

test.each([
  ['£1,234.56', 1234.56, 'GBP'],
  ['1.234,56 €', 1234.56, 'EUR'],
  ['USD 1 000 000', 1_000_000, 'USD'],
  ['$5', 5, 'USD'],
  ['0.5 BTC', 0.5, 'BTC'],
  ['20 quid', 20, 'GBP'],
  ['1,999 pounds', 1999, 'GBP'],
  ['pay a fee of 2.99', 2.99, null],
])('the amount in "%s" is %d %s', (text, value, currency) => {
  expect(extractEntities(text).amounts).toMatchObject([{ value, currency }]);
});

test.each(['at 12.30 we met', 'chapter 5', '100%'])('"%s" holds no amount', (text) => {
  expect(extractEntities(text).amounts).toEqual([]);
});

test.each([
  ['From: Jane Doe <jane@example.org>\nHi', 'Jane Doe <jane@example.org>', 'header'],
  ['DHL: your parcel is held', 'DHL', 'prefix'],
  ['Hi, this is Anna from Barclays', 'Anna, Barclays', 'introduction'],
  ['I’m Sergeant Miller', 'Sergeant Miller', 'introduction'],
  ['See you soon.\n\nKind regards,\nThe Netflix Team', 'Netflix Team', 'signature'],
])('the sender in %j is %s', (text, name, how) => {
  expect(extractEntities(text).sender).toEqual({ name, how });
});

test.each(['URGENT: pay now', 'Dear Customer: hello', 'this is urgent', 'http://a.example', 'Reminder: at 5'])(
  '%j names no sender',
  (text) => {
    expect(extractEntities(text).sender).toBeNull();
  },
);

describe('hostile texts', () => {
  const n = 64 * 1024;
  test.each(
    [
      '1 ',
      'a.',
      'a@',
      'a-',
      'a',
      '1',
      'http://',
      '+1',
      'GB82 ',
      'parcel ',
      'This is A ',
      'from:\n',
      'regards\n',
      '[.]',
      '(',
      'pay the ',
      'bc1',
      `${'a'.repeat(63)}.`,
      ' ',
      'hi\t',
      'http://a.test/)',
      'Aa ',
      'a%',
      '1,111',
      '😀',
      '\u0000',
      '\ud800',
      'é',
      'a.test ',
      '+44 7700 900123 ',
      '$1 ',
    ].map((part) => [part]),
  )('of %j repeated 64 KiB long are read in time', (part) => {
    const startedAt = performance.now();
    const found = extractEntities(part.repeat(Math.ceil(n / part.length)));
    // Ten to a hundred times what the slowest takes; a regular expression that backtracks takes minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(found.urls.length).toBeLessThanOrEqual(200);
  });

  test('that are too long, or hold too much, are cut, and the result says so', () => {
    expect(extractEntities('a'.repeat(n + 1)).truncated).toContain('65536 characters');
    expect(extractEntities('http://a.test '.repeat(201)).truncated).toContain('200 of each kind');
    expect(extractEntities('hello').truncated).toBeNull();
  });
});
