import { test } from '@jest/globals';
import { encodeFeedCursor } from '@stepwire/protocol';
import { fuzz, longText, mutatedText, type Outcome, outcome, outcomeOf } from '@stepwire/testing';
import fc from 'fast-check';
import type { Credential } from '../../src/auth/credential.ts';
import { SESSION_COOKIE, SignIn } from '../../src/auth/sign-in.ts';
import { lastEventId, queryOf, typesOf } from '../../src/http/query.ts';
import { originPolicy } from '../../src/origins.ts';
import { SECRET, tokenOf } from '../token.ts';

/** Tokens, tickets, shares, cookies and origins, and the addresses that they come in. */
const signIn = new SignIn({
  mode: 'tokens',
  secret: new TextEncoder().encode(SECRET),
  jwksUrl: undefined,
  issuer: undefined,
  audience: undefined,
  operatorClaim: 'role',
  operatorValue: 'operator',
  sessionKey: new TextEncoder().encode(`${SECRET} of sessions`),
  sessionKeyIsOwn: false,
});
const PATH = '/api/requests/req-1/events';
const caller = { userId: 'ada', operator: false };
const token = await tokenOf('ada', { seconds: 3600 });
const credential = await signIn.ofToken(token);
const session = await signIn.grants.session(caller, credential.expiresAt);
const ticket = await signIn.grants.ticket(caller, credential, { path: PATH, origin: null });
const share = await signIn.grants.share({
  shareId: 'share-1',
  requestId: 'req-1',
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
});

/** Nothing was signed but these, so nobody else can come of it. */
function checkViewer(read: Outcome<Credential | null>): void {
  if (!('accepted' in read) || read.accepted === null) return;
  const viewer = JSON.stringify(read.accepted.viewer);
  const known = [caller, { shareId: 'share-1', requestId: 'req-1' }].map((one) => JSON.stringify(one));
  if (!known.includes(viewer)) throw new Error(`somebody else came in: ${viewer}`);
  if (read.accepted.expiresAt === null) throw new Error('it would never expire');
}
const header = (value: string): string => value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
const secrets = fc.constantFrom(token, session, ticket, share);
const swapped = fc
  .tuple(secrets, secrets, secrets)
  .map((jwts) => jwts.map((jwt, part) => jwt.split('.')[part] ?? '').join('.'));
const forged = fc
  .record({
    alg: fc.constantFrom('none', 'None', 'HS256', 'RS256', 'ES256', '', 'HS512'),
    payload: fc.constantFrom('{"sub":"eve","exp":9999999999}', '{"sub":"ada","exp":1e999}', '{}', 'x'),
    signature: fc.constantFrom('', 'AAAA', token.split('.')[2] ?? ''),
  })
  .map(({ alg, payload, signature }) =>
    [JSON.stringify({ alg }), payload]
      .map((part) => Buffer.from(part).toString('base64url'))
      .concat(signature)
      .join('.'),
  );
const nearly = fc.oneof(mutatedText(secrets), swapped, forged, longText(20_000));
const target = fc.oneof(
  mutatedText(fc.constant(`${PATH}?since=7&types=a,b&ticket=${ticket}&share=${share}`)),
  mutatedText(fc.constant(`/api/feed?since=${encodeFeedCursor('ada', { own: { epoch: 'e', position: 1 } })}`)),
);
const policy = originPolicy({
  allowedOrigins: 'https://app.example',
  loopbackPages: false,
  loopbackOnly: false,
  ownPages: false,
});

fuzz(test, {
  'what is nearly a token, wherever it is given': fc.asyncProperty(nearly, async (text) => {
    checkViewer(await outcomeOf(() => signIn.ofToken(text)));
    const headers = { authorization: header(`Bearer ${text}`) };
    checkViewer(await outcomeOf(() => signIn.ofRequest({ method: 'GET', url: PATH, headers })));
    const query = new URLSearchParams({ ticket: text });
    checkViewer(await outcomeOf(() => signIn.ofRequest({ method: 'GET', url: `${PATH}?${query}`, headers: {} })));
  }),
  'what is nearly a cookie': fc.asyncProperty(
    mutatedText(secrets.map((text) => `a=b; ${SESSION_COOKIE}=${text}; c="d"`)),
    async (cookie) => {
      const request = { method: 'GET', url: '/', headers: { cookie: header(cookie) } };
      const read = await outcomeOf(() => signIn.ofRequestIfAny(request));
      checkViewer(read);
      if ('accepted' in read && read.accepted !== null && read.accepted.kind !== 'session')
        throw new Error(`a cookie opened a ${read.accepted.kind}`);
    },
  ),
  'a grant of another kind opens nothing': fc.asyncProperty(secrets, async (text) => {
    const kinds = [
      outcomeOf(() => signIn.ofToken(text)),
      outcomeOf(() => signIn.grants.verifySession(text)),
      outcomeOf(() => signIn.grants.verifyTicket(text, { path: PATH, origin: null })),
      outcomeOf(() => signIn.grants.verifyShare(text)),
    ];
    const opened = (await Promise.all(kinds)).filter((read) => 'accepted' in read);
    if (opened.length !== 1) throw new Error(`it opened ${opened.length} doors`);
  }),
  'what is nearly an address': fc.asyncProperty(target, async (text) => {
    // Node's parser of HTTP lets no space and no control through
    const url = `/${text.replace(/^\/+/, '').replace(/[^\x21-\x7e\x80-\xff]/g, '')}`;
    checkViewer(await outcomeOf(() => signIn.ofRequestIfAny({ method: 'GET', url, headers: {} })));
    const read = outcome(() => ({ types: typesOf(queryOf({ url })), since: lastEventId({ url, headers: {} }) }));
    if ('accepted' in read && (read.accepted.types?.length ?? 0) > 100) throw new Error('more types than may be');
  }),
  'what is nearly an allowed origin is none': fc.property(
    mutatedText(fc.constantFrom('https://app.example', 'http://localhost:5173', 'null')),
    (origin) => {
      const read = outcome(() => policy.refusal({ origin, host: 'gateway.example' }));
      if ('refused' in read) throw read.refused;
      if (read.accepted === undefined && origin.toLowerCase() !== 'https://app.example')
        throw new Error(`${origin} was allowed`);
    },
  ),
});
