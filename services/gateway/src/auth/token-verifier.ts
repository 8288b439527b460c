import { limits, StepwireError, utf8Bytes } from '@stepwire/protocol';
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import type { AuthOptions } from './auth-options.ts';
import { type Credential, expired } from './credential.ts';

type TokenOptions = Extract<AuthOptions, { mode: 'tokens' }>;

/** One list per kind of key, so that a public key can never pass for a shared secret. `none` is in neither. */
const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'];
const PUBLIC_KEY_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** a key that is not known yet is asked for at most this often (ms): then a rotation shows at once */
const JWKS_COOLDOWN_MS = 1_000;
/** a key that was withdrawn is refused after this (ms) */
const JWKS_MAX_AGE_MS = 5 * 60_000;
const JWKS_TIMEOUT_MS = 4_000;

/** Bearer tokens: JWT (RFC 7519) signed with the shared secret, or with a key of the JWKS URL. `sub` is the user. */
export class TokenVerifier {
  readonly #options: TokenOptions;
  readonly #keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
    const caching = {
      cooldownDuration: JWKS_COOLDOWN_MS,
      cacheMaxAge: JWKS_MAX_AGE_MS,
      timeoutDuration: JWKS_TIMEOUT_MS,
    };
    this.#keys = options.jwksUrl && createRemoteJWKSet(options.jwksUrl, caching);
  }

  /** @throws StepwireError `unauthorized`, `auth_expired`, `unavailable` (the keys cannot be read) */
  async verify(token: string): Promise<Credential> {
    const payload = await this.#payload(token);
    const { sub = '', exp = 0 } = payload;
    if (sub === '' || utf8Bytes(sub) > limits.idBytes || !sub.isWellFormed() || sub.includes('\0')) {
      throw new StepwireError('unauthorized', `the token’s sub must have 1 to ${limits.idBytes} bytes`);
    }
    const viewer = { userId: sub, operator: this.#isOperator(payload) };
    return { kind: 'bearer', viewer, expiresAt: exp * 1000, sessionId: null };
  }

  async #payload(token: string): Promise<JWTPayload> {
    const { secret, issuer, audience } = this.#options;
    const checks: JWTVerifyOptions = {
      requiredClaims: ['sub', 'exp'],
      ...(issuer && { issuer }),
      ...(audience && { audience }),
    };
    const alg = algorithmOf(token);
    try {
      if (secret !== undefined && SECRET_ALGORITHMS.includes(alg)) {
        return (await jwtVerify(token, secret, { ...checks, algorithms: SECRET_ALGORITHMS })).payload;
      }
      if (this.#keys !== undefined && PUBLIC_KEY_ALGORITHMS.includes(alg)) {
        return (await jwtVerify(token, this.#keys, { ...checks, algorithms: PUBLIC_KEY_ALGORITHMS })).payload;
      }
    } catch (error) {
      throw refusalOf(error);
    }
    throw new StepwireError('unauthorized', `tokens signed with ${alg.slice(0, 20)} are not accepted here`);
  }

  #isOperator(payload: JWTPayload): boolean {
    const { operatorClaim, operatorValue } = this.#options;
    const claim: unknown = Object.hasOwn(payload, operatorClaim) ? payload[operatorClaim] : undefined;
    // an array as of Keycloak and Entra, words as of OAuth's `scope`, or one value
    const values = Array.isArray(claim) ? claim : typeof claim === 'string' ? claim.split(' ') : [];
    return values.includes(operatorValue);
  }
}

/** @throws StepwireError `unauthorized` */
function algorithmOf(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? 'none';
  } catch {
    throw notValid(); // no JWT at all
  }
}

const notValid = () => new StepwireError('unauthorized', 'the token is not valid');

/** What jose found, in words that help and repeat nothing of the token. */
export function refusalOf(error: unknown): StepwireError {
  if (error instanceof errors.JWTExpired) return expired((error.payload.exp ?? 0) * 1000);
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new StepwireError('unauthorized', `the token’s ${error.claim} is not what it must be (${error.reason})`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return new StepwireError('unauthorized', 'the token’s key is not known');
  }
  const ofTheToken = error instanceof errors.JOSEError && error.code !== errors.JOSEError.code;
  if (ofTheToken && !(error instanceof errors.JWKSTimeout) && !(error instanceof errors.JWKSInvalid)) return notValid();
  return new StepwireError('unavailable', 'the keys of AUTH_JWKS_URL cannot be read', { cause: error });
}
