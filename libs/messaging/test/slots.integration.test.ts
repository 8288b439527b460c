import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exchanges, queues, routingKeys } from '@stepwire/protocol';
import { type BrokerForTest, waitFor, withBroker } from '@stepwire/testing';
import type { Broker } from '../src/index.ts';
import { Cleanup, openBroker } from './harness.ts';

describe('takeOne', () => {
  const cleanup = new Cleanup();
  let rabbit: BrokerForTest;
  let broker: Broker;

  beforeEach(async () => {
    rabbit = cleanup.add(await withBroker());
    broker = cleanup.add(await openBroker(rabbit.url));
  });
  afterEach(() => cleanup.run());

  const publish = (...bodies: string[]) =>
    Promise.all(
      bodies.map((body) =>
        broker.publish({ exchange: exchanges.agentCommands, routingKey: routingKeys.stepExecute, body }),
      ),
    );
  const take = (signal = AbortSignal.timeout(10_000), by = broker) => by.takeOne(queues.steps, signal);

  test('holds one message and leaves the others to others', async () => {
    await publish('1', '2');
    const first = await take();
    expect(await rabbit.queueDepth(queues.steps)).toBe(1);
    expect(first.ack()).toBe(true);
    // acknowledged, and still nothing further is fetched
    const other = cleanup.add(await openBroker(rabbit.url));
    const second = await take(undefined, other);
    expect([first.body.toString(), second.body.toString()]).toEqual(['1', '2']);
    expect(second.redelivered).toBe(false);
    second.ack();
  });

  test('waits for a message that comes later', async () => {
    const taken = take();
    await publish('late');
    expect((await taken).body.toString()).toBe('late');
  });

  test('gives back with nack, and to the dead letters with reject', async () => {
    await publish('1');
    const first = await take();
    expect(first.nack()).toBe(true);
    const again = await take();
    expect(again.redelivered).toBe(true);
    expect(again.reject()).toBe(true);
    await waitFor(async () => (await rabbit.queueDepth(queues.deadLetters)) === 1);
    expect(await rabbit.queueDepth(queues.steps)).toBe(0);
  });

  test('settles once', async () => {
    await publish('1');
    const delivery = await take();
    expect([delivery.ack(), delivery.ack(), delivery.nack()]).toEqual([true, false, false]);
  });

  test('a delivery whose channel died says so, and comes again', async () => {
    await publish('1');
    const lost = await take();
    await rabbit.closeConnections();
    await waitFor(() => broker.counters().reconnects === 2);
    expect(lost.ack()).toBe(false);
    const again = await take();
    expect(again.body.toString()).toBe('1');
    expect(again.ack()).toBe(true);
    expect(await rabbit.queueDepth(queues.steps)).toBe(0);
  });

  test('goes on waiting over a reconnect', async () => {
    const taken = take();
    await rabbit.closeConnections();
    await waitFor(() => broker.counters().reconnects === 2);
    await broker.ready();
    await publish('1');
    expect((await taken).ack()).toBe(true);
  });

  test('goes on waiting while the queue is missing', async () => {
    await rabbit.management.call('DELETE', `/queues/${rabbit.vhost}/${queues.steps}`);
    const taken = take();
    await rabbit.management.call('PUT', `/queues/${rabbit.vhost}/${queues.steps}`, { durable: true });
    await rabbit.management.call('POST', `/bindings/${rabbit.vhost}/e/${exchanges.agentCommands}/q/${queues.steps}`, {
      routing_key: routingKeys.stepExecute,
    });
    await publish('1');
    expect((await taken).body.toString()).toBe('1');
  });

  test('an abort ends the wait, and a message that comes then is for somebody else', async () => {
    const stop = new AbortController();
    const taken = take(stop.signal);
    stop.abort(new Error('enough'));
    await expect(taken).rejects.toThrow('enough');
    await publish('1');
    const next = await take();
    expect(next.body.toString()).toBe('1');
    next.ack();
  });

  test('closing the broker ends the wait', async () => {
    const taken = take();
    const refused = expect(taken).rejects.toMatchObject({ code: 'unavailable' });
    await broker.close();
    await refused;
  });
});
