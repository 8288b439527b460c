import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exchanges, queues } from '@stepwire/protocol';
import { type BrokerForTest, waitFor, withBroker } from '@stepwire/testing';
import type { BatchHandler, Broker } from '../src/index.ts';
import { Cleanup, gate, openBroker } from './harness.ts';

/** On `coordinator.ingest`, a quorum queue with a single active consumer: where order counts. */
describe('consumeBatches', () => {
  const cleanup = new Cleanup();
  let rabbit: BrokerForTest;
  let broker: Broker;

  beforeEach(async () => {
    rabbit = cleanup.add(await withBroker());
    broker = cleanup.add(await openBroker(rabbit.url));
  });
  afterEach(() => cleanup.run());

  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => String(from + n));
  const publish = (bodies: string[]) =>
    Promise.all(bodies.map((body) => broker.publish({ exchange: exchanges.agentEvents, routingKey: 'x', body })));
  const consume = (handler: (bodies: string[]) => Promise<void>, handlerTimeoutMs?: number, by = broker) => {
    const onBatch: BatchHandler = (batch) => handler(batch.map(({ body }) => body.toString()));
    return by.consumeBatches(queues.ingest, { prefetch: 1_000, maxBatch: 200, handlerTimeoutMs }, onBatch);
  };
  const nothingLeft = async () => {
    await broker.close();
    expect(await rabbit.queueDepth(queues.ingest)).toBe(0);
  };

  test('hands over all that came while the former batch was worked on, and acknowledges it', async () => {
    const batches: string[][] = [];
    const first = gate();
    consume(async (bodies) => {
      batches.push(bodies);
      if (batches.length === 1) await first.promise;
    });
    await publish(['1']);
    await waitFor(() => batches.length === 1);
    await publish(numbers(2, 150));
    first.resolve();
    await waitFor(() => batches.flat().length === 150);
    expect(batches.flat()).toEqual(numbers(1, 150));
    // confirmed is not yet received: the last few may come by themselves
    expect(batches.length).toBeLessThan(10);
    await nothingLeft();
  });

  test('hands over at most maxBatch', async () => {
    await publish(numbers(1, 500));
    const sizes: number[] = [];
    consume(async (bodies) => {
      sizes.push(bodies.length);
    });
    await waitFor(() => sizes.reduce((a, b) => a + b, 0) === 500);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(200);
  });

  test('keeps the order over a handler that throws', async () => {
    await publish(numbers(1, 600));
    const done: string[] = [];
    let calls = 0;
    consume(async (bodies) => {
      if (++calls % 2 === 0) throw new Error('no database');
      done.push(...bodies);
    });
    await waitFor(() => done.length >= 600);
    expect(done).toEqual(numbers(1, 600));
    expect(calls).toBeGreaterThan(2);
    await nothingLeft();
  });

  test('acknowledges nothing on another channel than the one that delivered: after a cut it comes again, in order', async () => {
    const batches: string[][] = [];
    const first = gate();
    let running = 0;
    let most = 0;
    consume(async (bodies) => {
      most = Math.max(most, ++running);
      batches.push(bodies);
      if (batches.length === 1) await first.promise;
      running--;
    });
    await publish(numbers(1, 100));
    await waitFor(() => batches.length === 1);
    await rabbit.closeConnections();
    await waitFor(() => broker.counters().reconnects === 2);
    first.resolve();
    await waitFor(() => batches.slice(1).flat().length >= 100);
    expect(batches.slice(1).flat()).toEqual(numbers(1, 100));
    expect(most).toBe(1);
    await nothingLeft();
  });

  test('takes the messages from a handler that hangs, and gives them back to it only when it has ended', async () => {
    const hanging = gate();
    const seen: string[] = [];
    let calls = 0;
    consume(async (bodies) => {
      seen.push(...bodies);
      if (++calls === 1) await hanging.promise;
    }, 200);
    await publish(['1']);
    await waitFor(() => calls === 1);

    const second = cleanup.add(await openBroker(rabbit.url));
    const rescued: string[] = [];
    consume(
      async (bodies) => {
        rescued.push(...bodies);
      },
      undefined,
      second,
    );
    await waitFor(() => rescued.length === 1);
    hanging.resolve();
    expect({ rescued, seen, calls }).toEqual({ rescued: ['1'], seen: ['1'], calls: 1 });
  });

  test('closing finishes the batch and hands over the rest, in order', async () => {
    await publish(numbers(1, 300));
    const first: string[] = [];
    const hold = gate();
    const consumer = consume(async (bodies) => {
      await hold.promise;
      first.push(...bodies);
    });
    const other = cleanup.add(await openBroker(rabbit.url));
    const second: string[] = [];
    consume(
      async (bodies) => {
        second.push(...bodies);
      },
      undefined,
      other,
    );
    // The single active consumer has them all in hand; only then the closing has something to hand over.
    await waitFor(async () => (await rabbit.queueDepth(queues.ingest)) === 0);
    const closed = consumer.close();
    hold.resolve();
    await closed;
    await waitFor(() => first.length + second.length >= 300);
    expect([...first, ...second]).toEqual(numbers(1, 300));
    expect(first.length).toBeLessThan(300);
  });

  test('consumes again when the queue was deleted and made anew', async () => {
    const seen: string[] = [];
    consume(async (bodies) => {
      seen.push(...bodies);
    });
    await publish(['1']);
    await waitFor(() => seen.length === 1);
    await rabbit.management.call('DELETE', `/queues/${rabbit.vhost}/${queues.ingest}`);
    await rabbit.management.call('PUT', `/queues/${rabbit.vhost}/${queues.ingest}`, { durable: true });
    await rabbit.management.call('POST', `/bindings/${rabbit.vhost}/e/${exchanges.agentEvents}/q/${queues.ingest}`, {
      routing_key: '#',
    });
    await publish(['2']);
    await waitFor(() => seen.length === 2);
    expect(broker.counters().reconnects).toBe(0);
  });
});
