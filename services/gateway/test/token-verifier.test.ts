import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@stepwire/testing';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { authOptions } from '../src/auth/auth-options.ts';
import { TokenVerifier } from '../src/auth/token-verifier.ts';
import { SECRET } from './token.ts';

const settings = {
  authMode: 'auto',
  authSecret: undefined,
  authJwksUrl: undefined,
  authIssuer: 'https://issuer.test',
  authAudience: 'stepwire',
  operatorClaim: 'roles',
  operatorValue: 'operator',
  sessionSecret: undefined,
} as const;
const later = Math.floor(Date.now() / 1000) + 600;
const claims = { sub: 'ada', iss: 'https://issuer.test', aud: 'stepwire', exp: later };

let keys: JWK[] = [];
const jwks = createServer((_request, response) => response.end(JSON.stringify({ keys })));
let verifier: TokenVerifier;

const pairOf = async (kid: string) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const sign = (payload: object) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }, sign };
};

beforeAll(async () => {
  await new Promise<void>((resolve) => jwks.listen(0, '127.0.0.1', resolve));
  const { port } = jwks.address() as AddressInfo;
  const options = authOptions({ ...settings, authJwksUrl: `http://127.0.0.1:${port}/jwks.json`, authSecret: SECRET });
  if (options.mode === 'open') throw new Error('sign-in was asked for');
  verifier = new TokenVerifier(options);
});
afterAll(() => new Promise((resolve) => jwks.close(resolve)));

describe('keys of a JWKS URL', () => {
  test('a key that comes new is taken at once; one that was withdrawn, or of somebody else, is not known', async () => {
    const [first, second, foreign] = [await pairOf('1'), await pairOf('2'), await pairOf('3')];
    keys = [first.jwk];
    expect((await verifier.verify(await first.sign(claims))).viewer).toEqual({ userId: 'ada', operator: false });
    keys = [first.jwk, second.jwk];
    const rotated = await second.sign({ ...claims, roles: ['reader', 'operator'] });
    // within a second of the last look it is not looked for again; waitFor takes a refusal for "not yet"
    const { viewer, expiresAt } = await waitFor(() => verifier.verify(rotated));
    expect({ viewer, expiresAt }).toEqual({ viewer: { userId: 'ada', operator: true }, expiresAt: later * 1000 });
    await expect(verifier.verify(await foreign.sign(claims))).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test.each<[string, object, string, RegExp]>([
    ['another issuer', { ...claims, iss: 'https://evil.test' }, 'unauthorized', /iss/],
    ['another audience', { ...claims, aud: 'another' }, 'unauthorized', /aud/],
    ['no user', { ...claims, sub: undefined }, 'unauthorized', /sub/],
    ['no end', { ...claims, exp: undefined }, 'unauthorized', /exp/],
    ['a time that has passed', { ...claims, exp: 1000 }, 'auth_expired', /1970/],
    ['a time that has not come', { ...claims, nbf: later }, 'unauthorized', /nbf/],
    ['a user too long', { ...claims, sub: 'x'.repeat(201) }, 'unauthorized', /200 bytes/],
  ])('%s is refused', async (_what, payload, code, message) => {
    const pair = await pairOf('1');
    keys = [pair.jwk];
    const options = authOptions({ ...settings, authSecret: SECRET });
    if (options.mode === 'open') throw new Error('sign-in was asked for');
    const token = await new SignJWT({ ...payload })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
    await expect(new TokenVerifier(options).verify(token)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('a public key does not pass for a shared secret', async () => {
    const pair = await pairOf('1');
    keys = [pair.jwk];
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: '1' })
      .sign(new TextEncoder().encode(JSON.stringify(pair.jwk)));
    await expect(verifier.verify(forged)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('keys that cannot be read are no fault of the token', async () => {
    const options = authOptions({ ...settings, authJwksUrl: 'http://127.0.0.1:1/' });
    if (options.mode === 'open') throw new Error('sign-in was asked for');
    const { sign } = await pairOf('1');
    await expect(new TokenVerifier(options).verify(await sign(claims))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('settings', () => {
  test('without any it is open; open beside a secret is a contradiction; a short secret is none', () => {
    expect(authOptions(settings).mode).toBe('open');
    expect(() => authOptions({ ...settings, authMode: 'open', authSecret: SECRET })).toThrow(/AUTH_MODE/);
    expect(() => authOptions({ ...settings, authSecret: 'short' })).toThrow(/AUTH_SECRET must have at least 32 bytes/);
    expect(() => authOptions({ ...settings, authJwksUrl: 'nowhere' })).toThrow(/AUTH_JWKS_URL/);
  });
});
