import { hkdfSync, randomBytes } from 'node:crypto';
import { type authSettings, EnvError, type Setting } from '@stepwire/config';

type Read<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };
export type AuthSettings = Read<typeof authSettings>;

/** How callers are told apart, resolved once from the settings. */
export type AuthOptions =
  | { readonly mode: 'open'; readonly sessionKey: Uint8Array }
  | {
      readonly mode: 'tokens';
      readonly secret: Uint8Array | undefined;
      readonly jwksUrl: URL | undefined;
      readonly issuer: string | undefined;
      readonly audience: string | undefined;
      readonly operatorClaim: string;
      readonly operatorValue: string;
      /** signs cookies, tickets and shares, in open mode too */
      readonly sessionKey: Uint8Array;
      /** another gateway, or this one after a restart, will not know what was signed with it */
      readonly sessionKeyIsOwn: boolean;
    };

/** RFC 7518 §3.2: a key for HS256 has at least as many bits as the hash */
const MIN_SECRET_BYTES = 32;

/** @throws EnvError */
export function authOptions(settings: AuthSettings): AuthOptions {
  const { authMode, authSecret, authJwksUrl, sessionSecret, operatorClaim, operatorValue } = settings;
  const secret = keyOf('AUTH_SECRET', authSecret);
  const given = keyOf('SESSION_SECRET', sessionSecret);
  const own = (): Uint8Array => new Uint8Array(randomBytes(MIN_SECRET_BYTES));
  if (secret === undefined && authJwksUrl === undefined) return { mode: 'open', sessionKey: given ?? own() };
  if (authMode === 'open') {
    throw new EnvError('AUTH_MODE', 'is open, and AUTH_SECRET or AUTH_JWKS_URL ask for sign-in: remove one of them');
  }
  const derived = secret && new Uint8Array(hkdfSync('sha256', secret, '', 'stepwire sessions', MIN_SECRET_BYTES));
  return {
    mode: 'tokens',
    secret,
    jwksUrl: authJwksUrl === undefined ? undefined : urlOf('AUTH_JWKS_URL', authJwksUrl),
    issuer: settings.authIssuer,
    audience: settings.authAudience,
    operatorClaim,
    operatorValue,
    sessionKey: given ?? derived ?? own(),
    sessionKeyIsOwn: given === undefined && derived === undefined,
  };
}

function keyOf(variable: string, text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length < MIN_SECRET_BYTES) throw new EnvError(variable, `must have at least ${MIN_SECRET_BYTES} bytes`);
  return bytes;
}

function urlOf(variable: string, text: string): URL {
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text);
  throw new EnvError(variable, `must be an http or https URL, is "${text}"`);
}
