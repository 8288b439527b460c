import { afterEach, describe, expect, test } from '@jest/globals';
import { exchanges, queues, topology } from '@stepwire/protocol';
import { type BrokerForTest, TcpProxy, waitFor, withBroker } from '@stepwire/testing';
import { Broker, checkTopology, declareTopology } from '../src/index.ts';
import { Cleanup, quiet } from './harness.ts';

describe('topology', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  const emptyVhost = async (): Promise<BrokerForTest> => cleanup.add(await withBroker({ topology: false }));

  test('is declared as it stands in the protocol, and again without harm', async () => {
    const rabbit = await emptyVhost();
    await declareTopology(rabbit.url);
    await declareTopology(rabbit.url);
    await checkTopology(rabbit.url);
    const made = await rabbit.management.list(`/queues/${rabbit.vhost}`);
    const described = made.map((queue) => ({ name: queue.name, durable: queue.durable, arguments: queue.arguments }));
    expect(described).toHaveLength(topology.queues.length);
    for (const queue of topology.queues) {
      expect(described).toContainEqual({ name: queue.name, durable: true, arguments: queue.arguments });
    }
    const bindings = (await rabbit.management.list(`/bindings/${rabbit.vhost}`)).filter(({ source }) => source !== '');
    expect(bindings).toHaveLength(topology.bindings.length);
  });

  test('is waited for until a broker answers', async () => {
    const rabbit = await emptyVhost();
    const proxy = cleanup.add(await TcpProxy.open(rabbit.url));
    const { url } = proxy;
    await proxy.close();
    const tries: Error[] = [];
    const declared = declareTopology(url, { onRetry: (error) => tries.push(error) });
    await waitFor(() => tries.length >= 2);
    await proxy.listen();
    await declared;
    await checkTopology(rabbit.url);
  });

  test('a wait for a broker can be given up', async () => {
    const rabbit = await emptyVhost();
    const proxy = cleanup.add(await TcpProxy.open(rabbit.url));
    const { url } = proxy;
    await proxy.close();
    await expect(declareTopology(url, { signal: AbortSignal.timeout(300) })).rejects.toThrow();
  });

  test('a refused login and a queue of the same name with other arguments are not waited for', async () => {
    const rabbit = await emptyVhost();
    const wrong = new URL(rabbit.url);
    wrong.password = 'wrong';
    await expect(declareTopology(wrong.href)).rejects.toThrow(/ACCESS_REFUSED|ACCESS-REFUSED/);
    await rabbit.management.call('PUT', `/queues/${rabbit.vhost}/${queues.plans}`, { durable: true });
    await expect(declareTopology(rabbit.url)).rejects.toThrow(queues.plans);
  });

  test('what is missing is named', async () => {
    const rabbit = cleanup.add(await withBroker());
    await rabbit.management.call('DELETE', `/queues/${rabbit.vhost}/${queues.steps}`);
    await rabbit.management.call('DELETE', `/exchanges/${rabbit.vhost}/${exchanges.requestFeed}`);
    await expect(checkTopology(rabbit.url)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/exchange request\.feed, queue executor\.steps.*npm run topology/),
    });
    await checkTopology(rabbit.url, { exchanges: [exchanges.agentEvents], queues: [queues.ingest] });
  });

  test('a broker is ready only when what its service needs is there', async () => {
    const rabbit = await emptyVhost();
    const needs = { exchanges: [exchanges.agentEvents], queues: [queues.ingest] };
    const broker = cleanup.add(Broker.open({ url: rabbit.url, name: 'test', logger: quiet, topology: needs }));
    await waitFor(async () => (await rabbit.connectionCount()) === 2);
    expect(broker.status()).toBe('connecting');
    await declareTopology(rabbit.url);
    await broker.ready();
    expect(broker.status()).toBe('ready');
  });
});
