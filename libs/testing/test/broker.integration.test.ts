import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exchanges, queues, topology } from '@stepwire/protocol';
import { connect } from 'amqplib';
import { type BrokerForTest, type OwnBroker, waitFor, withBroker, withOwnBroker } from '../src/index.ts';

describe('withBroker', () => {
  let broker: BrokerForTest;
  beforeAll(async () => {
    broker = await withBroker();
  }, 60_000);
  afterAll(() => broker.close());

  test('declares the whole topology with its arguments', async () => {
    const declared = await broker.management.list(`/queues/${broker.vhost}`);
    expect(Object.fromEntries(declared.map(({ name, arguments: args }) => [name, args]))).toEqual(
      Object.fromEntries(topology.queues.map(({ name, arguments: args }) => [name, args])),
    );
  });

  test('a message published by a stranger is counted in the queue at once', async () => {
    const connection = await connect(broker.url);
    const channel = await connection.createConfirmChannel();
    channel.publish(exchanges.agentEvents, 'some.type', Buffer.from('{}'));
    await channel.waitForConfirms();
    expect(await broker.queueDepth(queues.ingest)).toBe(1);
    await connection.close();
  });

  test('two brokers of one run see nothing of one another', async () => {
    const other = await withBroker();
    expect(await other.queueDepth(queues.ingest)).toBe(0);
    await other.close();
  });

  test('closeConnections closes those of this vhost and of no other', async () => {
    const other = await withBroker();
    const mine = await connect(broker.url);
    const theirs = await connect(other.url);
    const closed = once(mine, 'close');
    expect(await broker.closeConnections()).toBe(1);
    // amqplib does not call an operator's close an error
    expect(await closed).toEqual([expect.objectContaining({ code: 320 })]);
    expect(await other.connectionCount()).toBe(1);
    await theirs.close();
    await other.close();
  });

  test('queueDepth of a queue that is not there rejects with the broker’s words', async () => {
    await expect(broker.queueDepth('no.such.queue')).rejects.toThrow(/NOT_FOUND/);
  });
});

describe('withOwnBroker', () => {
  let broker: OwnBroker;
  beforeAll(async () => {
    broker = await withOwnBroker();
  }, 60_000);
  afterAll(() => broker.close());

  test('a killed broker comes back on the same address with its durable messages', async () => {
    const connection = await connect(broker.url);
    connection.on('error', () => {});
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => {});
    channel.publish(exchanges.agentEvents, 'some.type', Buffer.from('{}'), { persistent: true });
    await channel.waitForConfirms();
    await broker.kill();
    await expect(connect(broker.url)).rejects.toThrow();
    await broker.restart();
    await waitFor(async () => (await broker.queueDepth(queues.ingest)) === 1);
  }, 60_000);
});
