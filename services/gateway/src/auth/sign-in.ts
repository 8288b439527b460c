import type { IncomingMessage } from 'node:http';
import { StepwireError } from '@stepwire/protocol';
import { parseCookie } from 'cookie';
import { targetOf } from '../http/query.ts';
import type { AuthOptions } from './auth-options.ts';
import { type Credential, openCredential } from './credential.ts';
import { Grants } from './grants.ts';
import { TokenVerifier } from './token-verifier.ts';

export const SESSION_COOKIE = 'stepwire_session';

type Doorway = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

/**
 * Who calls (design §8), whichever door they come through:
 *
 * 1. `Authorization: Bearer`, or the token of a Socket.IO handshake or of a WebSocket's first frame;
 * 2. `?ticket=` and `?share=`, where no header can be sent. A token never stands in a URL;
 * 3. the session cookie. A request that changes something with it must come from a page: then its origin was checked.
 *
 * What is given and is not valid is refused, whatever else is given.
 */
export class SignIn {
  readonly grants: Grants;
  readonly #verifier: TokenVerifier | null;

  constructor(options: AuthOptions) {
    this.grants = new Grants(options.sessionKey);
    this.#verifier = options.mode === 'open' ? null : new TokenVerifier(options);
  }

  get open(): boolean {
    return this.#verifier === null;
  }

  /** @throws StepwireError `unauthorized`, `auth_expired`, `origin_refused`, `unavailable` */
  async ofRequest(request: Doorway): Promise<Credential> {
    const credential = await this.ofRequestIfAny(request);
    if (credential !== null) return credential;
    throw new StepwireError(
      'unauthorized',
      'sign in: Authorization: Bearer, a session cookie (POST /api/session) or a ticket',
    );
  }

  /** null: nothing was given. @throws StepwireError as {@link ofRequest} */
  async ofRequestIfAny(request: Doorway): Promise<Credential | null> {
    const { headers } = request;
    if (this.#verifier === null) return openCredential;
    if (headers.authorization !== undefined) return this.#verifier.verify(bearer(headers.authorization));
    const { pathname, searchParams } = targetOf(request.url);
    const ticket = searchParams.get('ticket');
    if (ticket !== null) {
      return this.grants.verifyTicket(ticket, { path: pathname, origin: headers.origin ?? null });
    }
    const share = searchParams.get('share');
    if (share !== null) return this.grants.verifyShare(share);
    const session = parseCookie(headers.cookie ?? '')[SESSION_COOKIE];
    if (session === undefined) return null;
    if (changes(request) && headers.origin === undefined) {
      throw new StepwireError(
        'origin_refused',
        'a request with a session cookie that changes something must say its Origin',
      );
    }
    return this.grants.verifySession(session);
  }

  /** @throws StepwireError `unauthorized`, `auth_expired`, `unavailable` */
  ofToken(token: string): Promise<Credential> {
    return this.#verifier === null ? Promise.resolve(openCredential) : this.#verifier.verify(token);
  }
}

const changes = ({ method = 'GET' }: Doorway): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method);

/** @throws StepwireError `unauthorized` */
function bearer(authorization: string): string {
  const [, token] = /^Bearer +([\w\-.~+/]+=*) *$/i.exec(authorization) ?? [];
  if (token === undefined) throw new StepwireError('unauthorized', 'Authorization must be: Bearer, a space, the token');
  return token;
}
