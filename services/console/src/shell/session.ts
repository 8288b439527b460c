import type { ErrorBody, Store } from '@stepwire/client';
import { StepwireError } from '@stepwire/client';
import { askGateway, isSignIn } from './gateway-api.ts';

/** Who is signed in, as `GET /api/session` says it. */
export interface User {
  readonly userId: string;
  readonly operator: boolean;
  /** ISO 8601; null: never, since the gateway is open and everybody is this user */
  readonly expiresAt: string | null;
}

/**
 * - `asking`: nobody knows yet
 * - `unreachable`: nobody can say
 * - `signed-in`, also in open mode
 * - `ended`: by itself or elsewhere, while this page was open: it stays as it is, and goes on after another sign-in
 * - `signed-out`: `endedAt` (Unix ms) is when the last sign-in of this browser ran out, if it did
 */
export type Session =
  | { readonly kind: 'asking' }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'signed-in'; readonly user: User }
  | { readonly kind: 'ended'; readonly user: User; readonly why: 'expired' | 'elsewhere'; readonly at: number }
  | { readonly kind: 'signed-out'; readonly endedAt: number | null };

export type Heard =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'refused'; readonly refusal: ErrorBody }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'signed-out' };

/**
 * @param lastExpiry when the newest sign-in of this browser expires or did (Unix ms); null: there was none, or it was signed out
 * @param now Unix ms
 */
export function sessionAfter(session: Session, heard: Heard, lastExpiry: number | null, now: number): Session {
  switch (heard.kind) {
    case 'user':
      if (session.kind === 'signed-in' && sameUser(session.user, heard.user)) return session;
      return { kind: 'signed-in', user: heard.user };
    case 'signed-out':
      return { kind: 'signed-out', endedAt: null };
    case 'unreachable':
      return session.kind === 'asking' || session.kind === 'unreachable' ? heard : session;
    case 'refused': {
      if (session.kind === 'ended') return session;
      const ranOut = heard.refusal.code === 'auth_expired' || (lastExpiry !== null && lastExpiry <= now);
      const at = lastExpiry === null ? now : Math.min(lastExpiry, now);
      if (session.kind === 'signed-in') {
        return { kind: 'ended', user: session.user, why: ranOut ? 'expired' : 'elsewhere', at };
      }
      return { kind: 'signed-out', endedAt: ranOut ? at : null };
    }
  }
}

const sameUser = (a: User, b: User): boolean =>
  a.userId === b.userId && a.operator === b.operator && a.expiresAt === b.expiresAt;

/** What a bearer token may consist of (RFC 6750, §2.1); whoever pastes a header's whole value is understood. */
export function tokenIn(pasted: string): string | null {
  const token = pasted.trim().replace(/^(authorization:\s*)?bearer\s+/i, '');
  return /^[\w\-.~+/]+=*$/.test(token) ? token : null;
}

/** in localStorage: when the sign-in runs out (ISO 8601). The token is nowhere, the session is in a cookie that no script can read. */
const EXPIRY_KEY = 'stepwire.signed-in-until';
const RETRY_MS = 3_000;

/** Who is signed in here. */
export class SessionStore implements Store<Session> {
  readonly #memory: Storage;
  readonly #changes = new Set<() => void>();
  #session: Session = { kind: 'asking' };
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** who signs out is refused elsewhere on the page, maybe before the answer comes, and must not be told that it was somebody else */
  #leaving = false;

  constructor(memory: Storage) {
    this.#memory = memory;
  }

  readonly getSnapshot = (): Session => this.#session;
  readonly getServerSnapshot = (): Session => asking;
  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changes.add(changed);
    return () => this.#changes.delete(changed);
  };

  /** Asks who is signed in; while nobody can say, again after a while. */
  async ask(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      this.#hear({ kind: 'user', user: await askGateway<User>('/api/session', {}) });
    } catch (error) {
      const refusal = asRefusal(error);
      if (isSignIn(refusal)) this.#hear({ kind: 'refused', refusal });
      else this.#hear({ kind: 'unreachable', message: refusal.message });
      if (this.#session.kind === 'unreachable') {
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => void this.ask(), RETRY_MS);
      }
    }
  }

  /** Somebody was told that nobody is signed in. */
  readonly refused = (refusal: ErrorBody): void => {
    if (this.#session.kind === 'signed-in') this.#hear({ kind: 'refused', refusal });
  };

  /** @throws StepwireError why not */
  async signIn(token: string): Promise<void> {
    this.#hear({ kind: 'user', user: await askGateway<User>('/api/session', { method: 'POST' }, token) });
  }

  /** @throws StepwireError it could not be told, and who was signed in still is */
  async signOut(): Promise<void> {
    this.#leaving = true;
    try {
      await askGateway('/api/session', { method: 'DELETE' });
    } finally {
      this.#leaving = false;
    }
    this.#hear({ kind: 'signed-out' });
  }

  #hear(heard: Heard): void {
    if (this.#leaving && heard.kind === 'refused') return;
    const until = this.#memory.getItem(EXPIRY_KEY);
    const before = this.#session;
    this.#session = sessionAfter(before, heard, until === null ? null : Date.parse(until), Date.now());
    if (heard.kind === 'signed-out') this.#memory.removeItem(EXPIRY_KEY);
    if (heard.kind === 'user' && heard.user.expiresAt !== null) this.#memory.setItem(EXPIRY_KEY, heard.user.expiresAt);
    if (this.#session !== before) for (const changed of [...this.#changes]) changed();
  }
}

const asking: Session = { kind: 'asking' };

export const asRefusal = (error: unknown): ErrorBody =>
  error instanceof StepwireError
    ? error.toBody()
    : { code: 'unavailable', message: error instanceof Error ? error.message : String(error) };
