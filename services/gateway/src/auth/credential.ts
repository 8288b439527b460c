import { type Caller, StepwireError, type Viewer } from '@stepwire/protocol';

/** By what somebody came in, and what it lets them do. */
export interface Credential {
  readonly kind: 'open' | 'bearer' | 'session' | 'ticket' | 'share';
  readonly viewer: Viewer;
  /** Unix time in ms; null: it does not expire */
  readonly expiresAt: number | null;
  /** signing out ends what was opened with this session; null: it only expires */
  readonly sessionId: string | null;
}

/** Everybody, in open mode: one user who may see all requests. */
export const openCredential: Credential = {
  kind: 'open',
  viewer: { userId: 'local', operator: true },
  expiresAt: null,
  sessionId: null,
};

/** @throws StepwireError `auth_expired` */
export function checkExpiry({ expiresAt }: Credential, now = Date.now()): void {
  if (expiresAt !== null && expiresAt <= now) throw expired(expiresAt);
}

export const expired = (at: number): StepwireError =>
  new StepwireError('auth_expired', `the sign-in expired at ${new Date(at).toISOString()}`);

/** Who may do more than watch one request. @throws StepwireError `unauthorized` */
export function callerOf({ viewer }: Credential): Caller {
  if (!('shareId' in viewer)) return viewer;
  throw new StepwireError('unauthorized', 'a share lets you watch one request, and nothing else: sign in');
}

/** Others learn no more than of a request that is not theirs. @throws StepwireError `not_found`, `unauthorized` */
export function operatorOf(credential: Credential): Caller {
  const caller = callerOf(credential);
  if (caller.operator) return caller;
  throw new StepwireError('not_found', 'this is for operators (AUTH_OPERATOR_CLAIM, AUTH_OPERATOR_VALUE)');
}
