import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Client, type ConnectOptions, connect, type ErrorBody } from '@stepwire/client';
import { type OwnStack, waitFor, withStack } from '@stepwire/testing';
import { SignJWT } from 'jose';

const SECRET = 'a secret that only this test knows, of more than 32 bytes';

let stack: OwnStack;
const clients: Client[] = [];

const tokenOf = (userId: string, seconds = 60): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuedAt()
    .setExpirationTime(`${seconds}s`)
    .sign(new TextEncoder().encode(SECRET));
const open = (token: NonNullable<ConnectOptions['token']>): Client => {
  const client = connect({ url: stack.url, token, backoff: { baseMs: 50 } });
  clients.push(client);
  return client;
};

beforeAll(async () => {
  stack = await withStack({ AUTH_SECRET: SECRET });
}, 90_000);
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(async () => {
  await stack?.close();
});

const held = {
  plan: { goal: 'g', steps: [{ id: 'w', order: 1, title: 'Wait', action: 'wait', input: { ms: 60_000 } }] },
};

test('a token that expires is renewed, and nothing is missed', async () => {
  const refusals: (ErrorBody['code'] | null)[] = [];
  const client = open((refused) => {
    refusals.push(refused?.code ?? null);
    return tokenOf('ann', refusals.length === 1 ? 2 : 60);
  });
  const { requestId } = await client.start({ userQuery: 'x', context: held });
  const run = client.watch(requestId);
  const heard: number[] = [];
  run.on('*', ({ seq }) => heard.push(seq));
  await waitFor(() => refusals.length > 1, { what: 'the end of the first token' });
  expect(refusals).toEqual([null, 'auth_expired']);
  await run.cancel();
  const { seq, status } = await run.completed();
  expect(status).toBe('cancelled');
  expect(heard).toEqual(Array.from(heard, (_, at) => at + (heard[0] ?? 0)));
  expect(heard.at(-1)).toBe(seq);
}, 30_000);

test('a token that is refused again, or is fixed, has failed with the gateway’s own words', async () => {
  let asked = 0;
  const stubborn = open(() => {
    asked += 1;
    return 'nonsense';
  });
  const fixed = open('nonsense');
  for (const client of [stubborn, fixed]) {
    const failed = await waitFor(() => {
      const status = client.status.getSnapshot();
      return status.state === 'failed' && status;
    });
    expect(failed.reason).toMatchObject({ code: 'unauthorized', message: expect.any(String) });
  }
  expect(asked).toBe(2);
  await expect(fixed.start({ userQuery: 'x' })).rejects.toMatchObject({ code: 'unauthorized' });
});

test('somebody else’s request is unknown, and cannot be had by its id', async () => {
  const requestId = randomUUID();
  const ann = open(() => tokenOf('ann'));
  await ann.start({ requestId, userQuery: 'x', context: held });
  const bob = open(() => tokenOf('bob'));
  const run = bob.watch(requestId);
  run.subscribe(() => undefined);
  await waitFor(() => run.getSnapshot().status === 'unknown');
  await expect(bob.start({ requestId, userQuery: 'x' })).rejects.toMatchObject({ code: 'request_id_taken' });
  await expect(bob.cancel(requestId)).rejects.toMatchObject({ code: 'not_found' });
  await ann.cancel(requestId);
});
