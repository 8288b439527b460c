import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exchanges, queues, routingKeys } from '@stepwire/protocol';
import { type BrokerForTest, TcpProxy, waitFor, withBroker } from '@stepwire/testing';
import type { Broker, PublishMessage } from '../src/index.ts';
import { Cleanup, openBroker } from './harness.ts';

const step = (body = '{}', more: Partial<PublishMessage> = {}): PublishMessage => ({
  exchange: exchanges.agentCommands,
  routingKey: routingKeys.stepExecute,
  body,
  ...more,
});

describe('publish', () => {
  const cleanup = new Cleanup();
  let rabbit: BrokerForTest;
  let proxy: TcpProxy;
  let broker: Broker;

  beforeEach(async () => {
    rabbit = cleanup.add(await withBroker());
    proxy = cleanup.add(await TcpProxy.open(rabbit.url));
    broker = cleanup.add(await openBroker(proxy.url));
  });
  afterEach(() => cleanup.run());

  test('resolves only when the broker has confirmed', async () => {
    await broker.publish(step());
    proxy.holdAnswers();
    let confirmed = false;
    const second = broker.publish(step()).then(() => {
      confirmed = true;
    });
    await waitFor(async () => (await rabbit.queueDepth(queues.steps)) === 2);
    expect(confirmed).toBe(false);
    proxy.release();
    await second;
    expect(broker.counters()).toMatchObject({ published: 2, publishFailed: 0 });
  });

  test('that no queue takes is a conflict that names exchange and routing key', async () => {
    const lost = broker.publish(step('{}', { routingKey: 'step.lost', messageId: 'm1' }));
    const taken = broker.publish(step('{}', { messageId: 'm1' }));
    await expect(lost).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/agent\.commands.*step\.lost/),
    });
    await taken;
  });

  test('of an unroutable message resolves where mandatory is off', async () => {
    await broker.publish(step('{}', { routingKey: 'step.lost', mandatory: false }));
  });

  test('keeps everything in order beyond the limit of what is in flight', async () => {
    const bodies = Array.from({ length: 3_000 }, (_, n) => String(n));
    await Promise.all(bodies.map((body) => broker.publish(step(body))));
    const received: string[] = [];
    cleanup.add(
      broker.consumeBatches(queues.steps, { prefetch: 500, maxBatch: 500 }, async (batch) => {
        for (const { body } of batch) received.push(body.toString());
      }),
    );
    await waitFor(() => received.length >= bodies.length);
    expect(received).toEqual(bodies);
  });

  test('to an exchange that is not there fails, and the next ones succeed on a new channel', async () => {
    await expect(broker.publish(step('{}', { exchange: 'no.such' }))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no.such'),
    });
    await broker.publish(step());
    expect(broker.counters().reconnects).toBe(0);
  });

  test('is rejected at its deadline by a broker that no longer answers', async () => {
    proxy.holdAnswers();
    const started = performance.now();
    await expect(broker.publish(step('{}', { deadlineMs: 300 }))).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('is rejected at once when the line breaks before the confirm, and works again after', async () => {
    proxy.holdAnswers();
    const started = performance.now();
    const lost = broker.publish(step());
    await waitFor(async () => (await rabbit.queueDepth(queues.steps)) === 1);
    proxy.cut();
    await expect(lost).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - started).toBeLessThan(5_000);
    proxy.release();
    await broker.publish(step());
  });

  test('waits where there is no connection for the next one', async () => {
    proxy.holdAnswers();
    proxy.cut();
    await waitFor(() => !broker.send(step()));
    const waiting = broker.publish(step('waited'));
    proxy.release();
    await waiting;
    expect(broker.counters().reconnects).toBeGreaterThanOrEqual(1);
  });

  test('works again after an operator closed the connections', async () => {
    expect(await rabbit.closeConnections()).toBe(2);
    await waitFor(() => broker.counters().reconnects === 2);
    await broker.ready();
    await broker.publish(step());
  });

  test('carries ids, headers and the sender', async () => {
    await broker.publish(step('{"a":1}', { messageId: 'm-1', appId: 'me', headers: { userId: 'ada' } }));
    const delivery = await broker.takeOne(queues.steps, AbortSignal.timeout(5_000));
    expect(delivery).toMatchObject({ messageId: 'm-1', appId: 'me', routingKey: 'step.execute', redelivered: false });
    expect(delivery.headers).toMatchObject({ userId: 'ada' });
    expect(delivery.body.toString()).toBe('{"a":1}');
    delivery.ack();
  });

  test('after close is unavailable', async () => {
    await broker.close();
    await expect(broker.publish(step())).rejects.toMatchObject({ code: 'unavailable' });
    expect(broker.status()).toBe('closed');
    await waitFor(async () => (await rabbit.connectionCount()) === 0);
  });

  test('close waits for confirms that are on their way', async () => {
    const publishes = Promise.all(Array.from({ length: 2_000 }, () => broker.publish(step())));
    await Promise.all([broker.close(), publishes]);
    expect(await rabbit.queueDepth(queues.steps)).toBe(2_000);
  });
});

describe('send', () => {
  const cleanup = new Cleanup();
  let rabbit: BrokerForTest;
  let proxy: TcpProxy;
  let broker: Broker;

  beforeEach(async () => {
    rabbit = cleanup.add(await withBroker());
    proxy = cleanup.add(await TcpProxy.open(rabbit.url));
    broker = cleanup.add(await openBroker(proxy.url));
  });
  afterEach(() => cleanup.run());

  test('hands messages on without waiting', async () => {
    for (let n = 0; n < 1_000; n++) expect(broker.send(step())).toBe(true);
    await waitFor(async () => (await rabbit.queueDepth(queues.steps)) === 1_000);
  });

  test('drops and counts while there is no connection, and goes on after', async () => {
    proxy.cut();
    await waitFor(() => !broker.send(step()));
    expect(broker.counters().sendDropped).toBeGreaterThan(0);
    await waitFor(() => broker.send(step()));
  });

  test('caps what it keeps for a broker that does not read, and goes on after', async () => {
    proxy.holdQuestions();
    const body = Buffer.alloc(64 * 1024, 'x');
    const messages = 2_000;
    for (let n = 0; n < messages; n++) broker.send(step('', { body }));
    const { sendDropped } = broker.counters();
    expect(sendDropped * body.length).toBeGreaterThan((messages * body.length) / 2);
    expect(sendDropped).toBeLessThan(messages);
    proxy.release();
    await waitFor(() => broker.send(step()));
  });
});
