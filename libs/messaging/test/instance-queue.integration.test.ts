import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exchanges } from '@stepwire/protocol';
import { type BrokerForTest, TcpProxy, waitFor, withBroker } from '@stepwire/testing';
import type { Broker, InstanceQueue } from '../src/index.ts';
import { Cleanup, openBroker } from './harness.ts';

describe('instanceQueue', () => {
  const cleanup = new Cleanup();
  let rabbit: BrokerForTest;
  let proxy: TcpProxy;
  let broker: Broker;
  let received: string[];
  let resets: number;
  let queue: InstanceQueue;

  beforeEach(async () => {
    rabbit = cleanup.add(await withBroker());
    proxy = cleanup.add(await TcpProxy.open(rabbit.url));
    broker = cleanup.add(await openBroker(proxy.url));
    received = [];
    resets = 0;
    queue = broker.instanceQueue({
      service: 'gateway',
      bindings: [{ exchange: exchanges.requestFeed, routingKey: 'always' }],
      onMessage: ({ body }) => received.push(body.toString()),
      onReset: () => resets++,
    });
    await waitFor(() => queue.name);
  });
  afterEach(() => cleanup.run());

  const send = (routingKey: string) =>
    broker.publish({ exchange: exchanges.requestFeed, routingKey, body: routingKey, mandatory: false });
  /** the routing keys bound, without the default exchange's own */
  const bound = async () => {
    const bindings = await rabbit.management.list(`/queues/${rabbit.vhost}/${queue.name}/bindings`);
    return bindings.filter(({ source }) => source !== '').map((binding) => binding.routing_key);
  };

  test('is exclusive, bounded, and drops the oldest', async () => {
    const [described] = (await rabbit.management.list(`/queues/${rabbit.vhost}`)).filter(
      ({ name }) => name === queue.name,
    );
    expect(described).toMatchObject({
      exclusive: true,
      auto_delete: true,
      arguments: { 'x-max-length': 10_000, 'x-overflow': 'drop-head' },
    });
    expect(queue.name).toMatch(/^gateway\.[0-9a-f-]{36}$/);
  });

  test('a bind that resolved misses nothing that is published after it', async () => {
    for (let n = 0; n < 20; n++) {
      await queue.bind(exchanges.requestFeed, `r${n}.*`);
      await send(`r${n}.u1`);
    }
    await waitFor(() => received.length === 20);
  });

  test('counts binds: the last unbind takes the binding away', async () => {
    await Promise.all([queue.bind(exchanges.requestFeed, 'r1.*'), queue.bind(exchanges.requestFeed, 'r1.*')]);
    queue.unbind(exchanges.requestFeed, 'r1.*');
    await send('r1.u1');
    await waitFor(() => received.length === 1);
    queue.unbind(exchanges.requestFeed, 'r1.*');
    await waitFor(async () => (await bound()).length === 1);
    await send('r1.u1');
    await send('always');
    await waitFor(() => received.includes('always'));
    expect(received).toEqual(['r1.u1', 'always']);
  });

  test('any sequence of binds and unbinds ends as its count says', async () => {
    const binds = [];
    for (let n = 0; n < 100; n++) {
      binds.push(queue.bind(exchanges.requestFeed, 'r2.*'));
      queue.unbind(exchanges.requestFeed, 'r2.*');
    }
    binds.push(queue.bind(exchanges.requestFeed, 'r2.*'));
    await Promise.all(binds);
    expect(await bound()).toEqual(expect.arrayContaining(['always', 'r2.*']));
    queue.unbind(exchanges.requestFeed, 'r2.*');
    queue.unbind(exchanges.requestFeed, 'r2.*');
    await waitFor(async () => (await bound()).length === 1);
    await queue.bind(exchanges.requestFeed, 'r2.*');
    await send('r2.u1');
    await waitFor(() => received.includes('r2.u1'));
  });

  test('comes back after a cut under a new name with all its bindings, and says so', async () => {
    await queue.bind(exchanges.requestFeed, 'r3.*');
    const before = queue.name;
    expect(resets).toBe(0);
    await rabbit.closeConnections();
    await waitFor(() => resets === 1);
    expect(queue.name).not.toBe(before);
    await broker.ready();
    await send('r3.u1');
    await send('always');
    await waitFor(() => received.length === 2);
    const queues = await rabbit.management.list(`/queues/${rabbit.vhost}`);
    expect(queues.filter(({ exclusive }) => exclusive)).toHaveLength(1);
  });

  test('a bind made while there is no connection is in place when it resolves', async () => {
    proxy.holdAnswers();
    proxy.cut();
    await waitFor(() => queue.name === undefined);
    const binding = queue.bind(exchanges.requestFeed, 'r4.*');
    proxy.release();
    await binding;
    await broker.ready();
    await send('r4.u1');
    await waitFor(() => received.length === 1);
  });

  test('closing deletes it', async () => {
    await queue.close();
    await waitFor(async () => {
      const queues = await rabbit.management.list(`/queues/${rabbit.vhost}`);
      return queues.every(({ exclusive }) => !exclusive);
    });
  });
});
