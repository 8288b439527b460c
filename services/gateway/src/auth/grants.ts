import { randomUUID } from 'node:crypto';
import { type Caller, type Share, StepwireError } from '@stepwire/protocol';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Credential } from './credential.ts';
import { refusalOf } from './token-verifier.ts';

/**
 * What the gateways sign themselves, with a key that they share (`SESSION_SECRET`), for where a token cannot go
 * (design §8). Each is a JWT whose audience is its kind, so that none can pass for another, or for a bearer token:
 *
 * - `session`: the cookie of a browser, as long-lived as the token it was made from;
 * - `ticket`: opens one path for one page, again and again, until the sign-in it was made with expires;
 * - `share`: lets anybody who has it watch one request. Whether it was taken back is for the coordinator to say.
 */
type Kind = 'session' | 'ticket' | 'share';
const ISSUER = 'stepwire';

/** What a ticket opens. */
export interface TicketBinding {
  /** without query */
  readonly path: string;
  /** of the page it was given to; null: to a program that is none */
  readonly origin: string | null;
}

export class Grants {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  session(caller: Caller, expiresAt: number | null): Promise<string> {
    return this.#sign('session', caller.userId, expiresAt, { operator: caller.operator, jti: randomUUID() });
  }

  ticket(caller: Caller, { expiresAt, sessionId }: Credential, { path, origin }: TicketBinding): Promise<string> {
    const session = sessionId === null ? {} : { jti: sessionId };
    return this.#sign('ticket', caller.userId, expiresAt, { operator: caller.operator, path, origin, ...session });
  }

  share({ shareId, requestId, expiresAt }: Share): Promise<string> {
    return this.#sign('share', requestId, Date.parse(expiresAt), { jti: shareId });
  }

  /** @throws StepwireError `unauthorized`, `auth_expired` */
  async verifySession(text: string): Promise<Credential> {
    return signedIn('session', await this.#verify('session', text));
  }

  /** @throws StepwireError `unauthorized`, `auth_expired` */
  async verifyTicket(text: string, { path, origin }: TicketBinding): Promise<Credential> {
    const payload = await this.#verify('ticket', text);
    if (payload.path !== path) throw new StepwireError('unauthorized', 'the ticket is for another path');
    // A page's request to its own address may carry no origin, one to another address always does.
    if (origin !== null && payload.origin !== origin) {
      throw new StepwireError('unauthorized', 'the ticket is for another page');
    }
    return signedIn('ticket', payload);
  }

  /** @throws StepwireError `unauthorized`, `auth_expired` */
  async verifyShare(text: string): Promise<Credential> {
    const { sub: requestId = '', jti: shareId = '', exp = 0 } = await this.#verify('share', text);
    return { kind: 'share', viewer: { shareId, requestId }, expiresAt: exp * 1000, sessionId: null };
  }

  #sign(kind: Kind, subject: string, expiresAt: number | null, claims: JWTPayload): Promise<string> {
    const jwt = new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setAudience(kind)
      .setSubject(subject);
    if (expiresAt !== null) jwt.setExpirationTime(Math.floor(expiresAt / 1000));
    return jwt.sign(this.#key);
  }

  async #verify(kind: Kind, text: string): Promise<JWTPayload> {
    try {
      const checks = { issuer: ISSUER, audience: kind, algorithms: ['HS256'], requiredClaims: ['sub'] };
      return (await jwtVerify(text, this.#key, checks)).payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refusalOf(error);
      throw new StepwireError('unauthorized', `the ${kind} is not valid`);
    }
  }
}

const signedIn = (kind: Kind, { sub = '', exp, jti, operator }: JWTPayload): Credential => ({
  kind,
  viewer: { userId: sub, operator: operator === true },
  expiresAt: exp === undefined ? null : exp * 1000,
  sessionId: jti ?? null,
});
