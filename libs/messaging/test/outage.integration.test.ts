import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { exchanges, queues, routingKeys } from '@stepwire/protocol';
import { type OwnBroker, waitFor, withOwnBroker } from '@stepwire/testing';
import { connect } from 'amqplib';
import { type Broker, rpcClient } from '../src/index.ts';
import { Cleanup, openBroker } from './harness.ts';

jest.setTimeout(90_000);

/** What a vhost of the common broker cannot show: a whole broker that stops, and its exact lists. */
describe('a broker of its own', () => {
  const cleanup = new Cleanup();
  let rabbit: OwnBroker;
  let broker: Broker;

  beforeAll(async () => {
    rabbit = cleanup.add(await withOwnBroker());
    broker = cleanup.add(await openBroker(rabbit.url));
  });
  afterAll(() => cleanup.run());

  const publish = (deadlineMs?: number) =>
    broker.publish({
      exchange: exchanges.agentCommands,
      routingKey: routingKeys.stepExecute,
      body: '{}',
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
  /** how each publish ended, and after how many ms */
  const settled = async (publishes: Promise<void>[]) => {
    const started = performance.now();
    const codes = await Promise.all(
      publishes.map((one) =>
        one.then(
          () => 'ok',
          (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
        ),
      ),
    );
    return { codes: new Set(codes), ms: performance.now() - started };
  };

  test('keeps no channel or consumer of what is over: subscribing again and again does not leak', async () => {
    // rabbitmqctl asks the node itself; the management API's lists are seconds old
    const list = async (what: string) =>
      (await rabbit.rabbitmqctl('-q', what, '-p', rabbit.vhost)).split('\n').filter((line) => line.includes('.'))
        .length;
    const probe = await connect(rabbit.url);
    const asking = await probe.createChannel();
    const round = async () => {
      const stop = new AbortController();
      const taken = [1, 2].map(() => broker.takeOne(queues.steps, stop.signal));
      await publish();
      (await Promise.any(taken)).ack();
      stop.abort(new Error('enough'));
      await Promise.allSettled(taken);
      // a slot whose cancel is still on its way can't be taken: the next round would open another one
      await waitFor(async () => (await asking.checkQueue(queues.steps)).consumerCount === 0);
      await broker.consumeBatches(queues.plans, { prefetch: 1, maxBatch: 1 }, async () => undefined).close();
      await broker.instanceQueue({ service: 'test', onMessage: () => undefined }).close();
      await rpcClient(broker).close();
    };
    await round();
    const channels = await list('list_channels');
    for (let n = 0; n < 50; n++) await round();
    expect(await list('list_consumers')).toBe(0);
    // one more slot, for the time that the cancel of an aborted one is on its way
    expect(await list('list_channels')).toBeLessThanOrEqual(channels + 1);
    await probe.close();
  });

  test('short of memory: pending and new publishes are unavailable at once, consuming goes on, and all recovers', async () => {
    await publish();
    const client = rpcClient(broker);
    await rabbit.rabbitmqctl('set_vm_memory_high_watermark', '0.00001');
    // The broker tells a connection that it is blocked upon its next publish.
    const first = await settled(Array.from({ length: 50 }, () => publish()));
    expect(first.codes).toContain('unavailable');
    expect(first.ms).toBeLessThan(2_000);
    expect(broker.status()).toBe('blocked');

    const later = await settled([publish(), publish()]);
    expect(later.codes).toEqual(new Set(['unavailable']));
    expect(later.ms).toBeLessThan(100);
    await expect(client.call('health', {})).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('low on memory'),
    });
    expect(broker.send({ exchange: exchanges.requestFeed, routingKey: 'r1.u1', body: '{}' })).toBe(false);
    const delivery = await broker.takeOne(queues.steps, AbortSignal.timeout(5_000));
    expect(delivery.ack()).toBe(true);

    await rabbit.rabbitmqctl('set_vm_memory_high_watermark', '0.9');
    await broker.ready();
    await publish();
  });

  test('that is frozen: every publish settles within its deadline, and the connection comes back', async () => {
    await publish();
    rabbit.freeze();
    try {
      const short = await settled(Array.from({ length: 1_000 }, () => publish(500)));
      expect(short.codes).toEqual(new Set(['unavailable']));
      expect(short.ms).toBeLessThan(1_500);
      const full = await settled(Array.from({ length: 1_000 }, () => publish()));
      expect(full.codes).toEqual(new Set(['unavailable']));
      expect(full.ms).toBeLessThan(15_500);
      // Two missed heartbeats of 5 s.
      await waitFor(() => broker.status() === 'connecting', { timeoutMs: 20_000 });
    } finally {
      rabbit.thaw();
    }
    await broker.ready();
    await publish();
  });

  test('that is killed and comes back: publishes settle, confirmed ones are there', async () => {
    await publish();
    const before = await rabbit.queueDepth(queues.steps);
    const confirmed = Array.from({ length: 500 }, () => publish());
    await Promise.all(confirmed);
    const racing = Array.from({ length: 500 }, () => publish(5_000));
    const ends = settled(racing);
    await rabbit.kill();
    const { codes, ms } = await ends;
    for (const code of codes) expect(['ok', 'unavailable']).toContain(code);
    expect(ms).toBeLessThan(5_500);
    await rabbit.restart();
    await broker.ready();
    await publish();
    expect(await rabbit.queueDepth(queues.steps)).toBeGreaterThanOrEqual(before + 500 + 1);
  });

  test('that is frozen: closing does not hang', async () => {
    const other = await openBroker(rabbit.url);
    other.consumeBatches(queues.steps, { prefetch: 10, maxBatch: 10 }, async () => undefined);
    rabbit.freeze();
    try {
      const started = performance.now();
      await other.close();
      expect(performance.now() - started).toBeLessThan(9_000);
    } finally {
      rabbit.thaw();
    }
  });
});
