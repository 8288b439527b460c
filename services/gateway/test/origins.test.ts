import { describe, expect, test } from '@jest/globals';
import { isLoopback, originPolicy } from '../src/origins.ts';

describe('who may connect', () => {
  test.each([
    ['', 'http://localhost:5173', true],
    ['', 'http://127.0.0.1', true],
    ['', 'http://[::1]:8080', true],
    ['', 'https://evil.test', false],
    ['', 'http://localhost.evil.test', false],
    ['', 'null', false],
    ['https://app.example, https://b.example', 'https://B.example', true],
    ['https://app.example', 'https://app.example:8443', false],
    ['*', 'https://anything.test', true],
  ])('with ALLOWED_ORIGINS="%s" a page of %s: %s', (list, origin, allowed) => {
    const policy = originPolicy(list, false);
    expect(policy.allows(origin)).toBe(allowed);
    expect(policy.refusal({ origin, host: 'gateway.example' }) === undefined).toBe(allowed);
  });

  test.each([
    ['localhost:3001', true],
    ['127.0.0.1:3001', true],
    ['[::1]:3001', true],
    // as xmlhttprequest-ssl of socket.io-client says it
    ['::1:3001', true],
    ['localhost', true],
    ['localhost.evil.test', false],
    ['rebound.evil.test:3001', false],
    ['', false],
  ])('a gateway of this machine alone, called %s: %s', (host, allowed) => {
    expect(originPolicy('', true).refusal({ host }) === undefined).toBe(allowed);
    expect(originPolicy('', false).refusal({ host })).toBeUndefined();
  });

  test('a refusal names the origin and the setting', () => {
    expect(originPolicy('', true).refusal({ origin: 'https://evil.test', host: 'localhost' })).toMatch(
      /evil\.test.*ALLOWED_ORIGINS/,
    );
    expect(originPolicy('', true).refusal({ host: 'evil.test' })).toMatch(/evil\.test.*AUTH_MODE/);
  });

  test.each([
    ['localhost', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['192.0.2.1', false],
    ['::', false],
  ])('%s is loopback: %s', (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback);
  });
});
