import { createHmac } from 'node:crypto';
import type { Random } from '../../random.ts';
import type { Canary } from './canary.ts';

export interface User {
  readonly userId: string;
  readonly operator: boolean;
}
/** A link to one request. */
export interface ShareLink {
  readonly shareId: string;
  readonly requestId: string;
  readonly share: string;
}
export type Visitor = User | Pick<ShareLink, 'requestId' | 'share'>;

export const maySee = (visitor: Visitor, { requestId, owner }: Canary): boolean =>
  'share' in visitor ? visitor.requestId === requestId : visitor.operator || visitor.userId === owner;

/** By what somebody comes in. It may end while they are there. */
export interface Pass {
  readonly visitor: Visitor;
  /** for `io()`, beside the address */
  readonly handshake: {
    readonly auth?: { readonly token: string };
    readonly extraHeaders?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string>>;
  };
  /** somebody is ending it: from now on it may be refused */
  ending: boolean;
  /** Unix ms: it expires, or was answered to have been signed out or taken back. Infinity: it holds */
  endsAt: number;
  /** so long after it whoever came in by it is cut off at the latest */
  readonly endsWithinMs: number;
}

/** for a busy machine, beyond what is promised (ms) */
const PATIENCE_MS = 3_000;
/** promised are 1 s for a token that expires, and 5 s for a session or share that is ended (ms) */
const EXPIRES_WITHIN_MS = 1_000 + PATIENCE_MS;
export const ENDS_WITHIN_MS = 5_000 + PATIENCE_MS;

/** How long a token of a wanderer holds (s): some expire in the middle. Each that does is a storm of joins. */
const TOKEN_S = [30, 120] as const;
const SHORT_TOKEN_S = [4, 10] as const;
const SHORT_TOKENS = 0.3;
const HOUR_S = 3_600;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A bearer token (RFC 7519, HS256) that expires at `exp` (Unix s). */
export function tokenOf(
  secret: string,
  { userId, operator }: User,
  exp = Math.floor(Date.now() / 1000) + HOUR_S,
): string {
  const claims = { sub: userId, exp, ...(operator ? { role: 'operator' } : {}) };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

export function tokenPass(secret: string, visitor: User, random: Random): Pass {
  const [least, most] = random.chance(SHORT_TOKENS) ? SHORT_TOKEN_S : TOKEN_S;
  const exp = Math.floor(Date.now() / 1000) + random.between(least, most);
  return {
    visitor,
    handshake: { auth: { token: tokenOf(secret, visitor, exp) } },
    ending: false,
    endsAt: exp * 1000,
    endsWithinMs: EXPIRES_WITHIN_MS,
  };
}

export const sharePass = (visitor: Pick<ShareLink, 'requestId' | 'share'>): Pass => ({
  visitor,
  handshake: { query: { share: visitor.share } },
  ending: false,
  endsAt: Number.POSITIVE_INFINITY,
  endsWithinMs: ENDS_WITHIN_MS,
});

/** The cookie of a browser. @throws Error where it is not given */
export async function sessionPass(url: string, secret: string, visitor: User): Promise<Pass> {
  const headers = { authorization: `Bearer ${tokenOf(secret, visitor)}` };
  const response = await fetch(`${url}/api/session`, { method: 'POST', headers });
  const [cookie] = response.headers.get('set-cookie')?.split(';') ?? [];
  if (cookie === undefined) throw new Error(`no session: ${response.status} ${await response.text()}`);
  return {
    visitor,
    handshake: { extraHeaders: { cookie } },
    ending: false,
    endsAt: Number.POSITIVE_INFINITY,
    endsWithinMs: ENDS_WITHIN_MS,
  };
}

/** @throws Error where it is refused */
export async function signOut(url: string, pass: Pass): Promise<void> {
  pass.ending = true;
  await ended(
    fetch(`${url}/api/session`, { method: 'DELETE', headers: { ...pass.handshake.extraHeaders, origin: url } }),
  );
  pass.endsAt = Date.now();
}

/** @throws Error where it is refused */
export async function takeBack(
  url: string,
  secret: string,
  owner: User,
  pass: Pass,
  { requestId, shareId }: ShareLink,
) {
  const headers = { authorization: `Bearer ${tokenOf(secret, owner)}` };
  pass.ending = true;
  await ended(
    fetch(`${url}/api/requests/${encodeURIComponent(requestId)}/shares/${shareId}`, { method: 'DELETE', headers }),
  );
  pass.endsAt = Date.now();
}

async function ended(asked: Promise<Response>): Promise<void> {
  const response = await asked;
  if (response.status !== 204) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}

/** @throws Error where it is refused */
export async function shareOf(url: string, secret: string, owner: User, requestId: string): Promise<ShareLink> {
  const response = await fetch(`${url}/api/requests/${encodeURIComponent(requestId)}/shares`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokenOf(secret, owner)}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const body: unknown = await response.json();
  const [shareId, share] = ['shareId', 'share'].map((name) => Reflect.get(Object(body), name));
  if (typeof shareId !== 'string' || typeof share !== 'string')
    throw new Error(`no share of ${requestId}: ${JSON.stringify(body)}`);
  return { shareId, requestId, share };
}
