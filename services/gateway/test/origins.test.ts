import { describe, expect, test } from '@jest/globals';
import { isLoopback, originPolicy } from '../src/origins.ts';

const openHere = { allowedOrigins: '', loopbackPages: true, loopbackOnly: true, ownPages: false };
const openAnywhere = { ...openHere, loopbackOnly: false };
const signedIn = { allowedOrigins: '', loopbackPages: false, loopbackOnly: false, ownPages: true };

describe('who may connect', () => {
  test.each([
    ['', 'http://localhost:5173', true],
    ['', 'http://127.0.0.1', true],
    ['', 'http://[::1]:8080', true],
    ['', 'https://evil.test', false],
    ['', 'http://localhost.evil.test', false],
    ['', 'http://gateway.example', false],
    ['', 'null', false],
    ['https://app.example, https://b.example/', 'https://B.example', true],
    ['https://app.example', 'https://app.example:8443', false],
    ['https://app.example', 'http://localhost:5173', true],
    ['*', 'https://anything.test', true],
  ])('in open mode, with ALLOWED_ORIGINS="%s", a page of %s: %s', (allowedOrigins, origin, allowed) => {
    const policy = originPolicy({ ...openAnywhere, allowedOrigins });
    const headers = { origin, host: 'gateway.example' };
    expect(policy.allows(headers)).toBe(allowed);
    expect(policy.refusal(headers) === undefined).toBe(allowed);
  });

  test.each([
    ['http://localhost:5173', false],
    ['https://gateway.example', true],
    ['https://gateway.example:444', false],
    ['https://evil.test', false],
    ['null', false],
  ])('with sign-in a page of %s: %s', (origin, allowed) => {
    expect(originPolicy(signedIn).allows({ origin, host: 'gateway.example' })).toBe(allowed);
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
  ])('an open gateway of this machine alone, called %s: %s', (host, allowed) => {
    expect(originPolicy(openHere).refusal({ host }) === undefined).toBe(allowed);
    expect(originPolicy(openAnywhere).refusal({ host })).toBeUndefined();
  });

  test('a refusal names the origin and the setting', () => {
    expect(originPolicy(openHere).refusal({ origin: 'https://evil.test', host: 'localhost' })).toMatch(
      /evil\.test.*ALLOWED_ORIGINS/,
    );
    expect(originPolicy(openHere).refusal({ host: 'evil.test' })).toMatch(/evil\.test.*AUTH_MODE/);
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
