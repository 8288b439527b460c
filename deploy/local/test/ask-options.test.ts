import { describe, expect, test } from '@jest/globals';
import { parseOptions, UsageError } from '../src/ask/options.ts';

describe('npm run ask takes', () => {
  test('a text, also one of several words without quotes', () => {
    const options = {
      task: { kind: 'start', text: 'is this real', context: {} },
      answers: [],
      json: false,
      url: 'http://127.0.0.1:3001',
    };
    expect(parseOptions(['is this real'], {})).toEqual(options);
    expect(parseOptions(['is', 'this', 'real'], {})).toEqual(options);
  });

  test('what else the agents may know', () => {
    const context = { sender: 'my bank' };
    expect(parseOptions(['x', '--context', JSON.stringify(context)], {})).toMatchObject({ task: { context } });
  });

  test('a request to watch', () => {
    expect(parseOptions(['--watch', 'req-1'], {})).toMatchObject({ task: { kind: 'watch', requestId: 'req-1' } });
  });

  test('answers in advance, whose values may have = in them', () => {
    expect(parseOptions(['x', '--answer', 'sender=a=b', '--answer=who sent= my bank'], {})).toMatchObject({
      answers: [
        { name: 'sender', value: 'a=b' },
        { name: 'who sent', value: ' my bank' },
      ],
    });
  });

  test('the address from --url, else STEPWIRE_URL, else PORT', () => {
    const env = { STEPWIRE_URL: 'https://stepwire.test', PORT: '4000' };
    expect(parseOptions(['x', '--url', 'http://[::1]:1'], env)).toMatchObject({ url: 'http://[::1]:1' });
    expect(parseOptions(['x'], env)).toMatchObject({ url: 'https://stepwire.test' });
    expect(parseOptions(['x'], { PORT: '4000' })).toMatchObject({ url: 'http://127.0.0.1:4000' });
    expect(parseOptions(['x'], { PORT: '', STEPWIRE_URL: '' })).toMatchObject({ url: 'http://127.0.0.1:3001' });
  });

  test('a token from --token, else STEPWIRE_TOKEN', () => {
    expect(parseOptions(['x', '--token', 'a'], { STEPWIRE_TOKEN: 'b' })).toMatchObject({ token: 'a' });
    expect(parseOptions(['x'], { STEPWIRE_TOKEN: 'b' })).toMatchObject({ token: 'b' });
    expect(parseOptions(['x'], { STEPWIRE_TOKEN: '' })).toMatchObject({ token: undefined });
  });

  test('a cry for help before anything else', () => {
    expect(parseOptions(['-h'], {})).toBe('help');
  });
});

describe('npm run ask refuses', () => {
  test.each([
    [[], /^What shall be checked/],
    [['  '], /^What shall be checked/],
    [['text', '--watch', 'req-1'], /takes no text/],
    [['--watch', 'r', '--context', '{}'], /no --context/],
    [['x', '--context', '[1]'], /must be a JSON object/],
    [['x', '--context', '{'], /must be a JSON object/],
    [['--watch', ''], /needs a request id/],
    [['x', '--answer', 'sender'], /must be name=value, is "sender"/],
    [['x', '--answer', '=x'], /must be name=value/],
    [['x', '--url', 'localhost:3001'], /must be an http address/],
    [['x', '--url', 'ftp://x'], /must be an http address/],
    [['x', '--jsno'], /--jsno/],
  ])('%j', (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(UsageError);
    expect(() => parseOptions(args, {})).toThrow(message);
  });
});
