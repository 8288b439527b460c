import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BrokerForTest,
  type DatabaseForTest,
  type StackForTest,
  startStack,
  waitFor,
  withBroker,
  withDatabase,
} from '@stepwire/testing';
import { data, dense, planOf, Watcher, wait } from './watcher.ts';

describe.each(['pglite', 'postgres'] as const)('processes that are killed, on %s', (kind) => {
  let broker: BrokerForTest;
  let database: DatabaseForTest;
  let stack: StackForTest;
  let watcher: Watcher;

  beforeAll(async () => {
    [broker, database] = await Promise.all([withBroker(), withDatabase(kind)]);
    stack = await startStack({ broker, database, env: { LEASE_MS: '3000' } });
    watcher = new Watcher(stack.url);
  }, 90_000);
  afterAll(async () => {
    watcher?.close();
    await stack?.stop();
    await database.close();
    await broker.close();
  });

  const startWaiting = async (ms: number) => {
    const requestId = randomUUID();
    await watcher.ask('start', { requestId, userQuery: 'x', context: planOf(wait('a', ms), wait('b', 200, 'a')) });
    await watcher.frame(
      'progress',
      (body) => body.requestId === requestId && data(body).stepId === 'a' && data(body).percent !== undefined,
    );
    return requestId;
  };
  const finished = async (requestId: string) => {
    const { body } = await watcher.frame('request.completed', (b) => b.requestId === requestId, 60_000);
    const events = watcher.events.filter((frame) => frame.body.requestId === requestId);
    expect(events.map((frame) => frame.body.seq)).toEqual(dense(1, Number(body.seq)));
    return events;
  };

  test('the executor in the middle of a step: another attempt finishes the request', async () => {
    const requestId = await startWaiting(1500);
    await stack.kill('executor');
    await stack.restart('executor');
    const events = await finished(requestId);
    const attempts = events
      .filter((f) => f.name === 'progress' && data(f.body).stepId === 'a')
      .map((f) => data(f.body).attempt);
    expect(Math.max(...attempts.map(Number))).toBeGreaterThan(1);
  }, 90_000);

  test('the coordinator in the middle of a step: seq has no gap and no double, and the step is not run again', async () => {
    const requestId = await startWaiting(4000);
    await stack.kill('coordinator');
    await stack.restart('coordinator');
    const events = await finished(requestId);
    const attempts = events
      .filter((f) => f.name === 'progress' && data(f.body).stepId === 'a')
      .map((f) => data(f.body).attempt);
    expect(new Set(attempts)).toEqual(new Set([1]));
  }, 90_000);

  test('the gateway: a watcher that comes back with since has everything once', async () => {
    const requestId = await startWaiting(3000);
    const since = Math.max(
      ...watcher.events.filter((f) => f.body.requestId === requestId).map((f) => Number(f.body.seq)),
    );
    await stack.kill('gateway');
    // what is asked from now on waits for the next connection; on the dead one it would fail
    await waitFor(() => !watcher.socket.connected);
    await stack.restart('gateway');
    await watcher.ask('rejoin', { requestId, since });
    const back = await watcher.frame('state', (state) => state.requestId === requestId && Array.isArray(state.missed));
    const missed = (back.body.missed as { seq: number; type: string }[]).map(({ seq }) => seq);
    const live = () => watcher.events.filter((f) => f.body.requestId === requestId).map((f) => Number(f.body.seq));
    // on a slow machine the request may have ended while the gateway was away
    const end =
      back.body.status === 'completed'
        ? back
        : await watcher.frame('request.completed', (b) => b.requestId === requestId);
    const before = live().filter((seq) => seq <= since);
    const after = live().filter((seq) => seq > since);
    expect([...before, ...missed, ...after]).toEqual(dense(1, Number(end.body.seq)));
  }, 90_000);

  test('the broker’s connections, all at once: the request goes on to its end', async () => {
    const requestId = await startWaiting(2000);
    expect(await broker.closeConnections()).toBeGreaterThan(0);
    await finished(requestId);
  }, 90_000);
});
