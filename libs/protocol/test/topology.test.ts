import { describe, expect, test } from '@jest/globals';
import { brokerDefinitions } from '../src/broker-definitions.ts';
import { commands } from '../src/commands.ts';
import { exchanges, permissions, queues, routingKeys, topology } from '../src/topology.ts';

const byName = new Map(topology.queues.map((queue) => [queue.name, queue]));

describe('the topology', () => {
  test('declares each name that is spelled, and binds only those', () => {
    expect(topology.exchanges.map(({ name }) => name).sort()).toEqual(Object.values(exchanges).sort());
    expect([...byName.keys()].sort()).toEqual(Object.values(queues).sort());
    for (const { exchange, queue } of topology.bindings) {
      expect(Object.values(exchanges)).toContain(exchange);
      expect(byName.has(queue)).toBe(true);
    }
  });

  test('leaves no queue without a binding', () => {
    expect(new Set(topology.bindings.map(({ queue }) => queue)).size).toBe(topology.queues.length);
  });

  test('gives every quorum queue a delivery limit that means never on 3.10 and on 4.x', () => {
    const quorum = topology.queues.filter((queue) => queue.arguments['x-queue-type'] === 'quorum');
    expect(quorum).toHaveLength(4);
    for (const queue of quorum) expect(queue.arguments['x-delivery-limit']).toBe(1_000_000);
  });

  test('keeps the order of events by a single active consumer, there alone', () => {
    const single = topology.queues.filter((queue) => queue.arguments['x-single-active-consumer'] === true);
    expect(single.map(({ name }) => name)).toEqual([queues.ingest]);
  });

  test('has every dead letter end in the queue for them, and none of that queue go round', () => {
    for (const queue of [queues.plans, queues.steps]) {
      expect(byName.get(queue)?.arguments['x-dead-letter-exchange']).toBe(exchanges.agentDead);
    }
    expect(byName.get(queues.deadLetters)?.arguments).not.toHaveProperty('x-dead-letter-exchange');
  });

  test('knows a body for every command’s routing key', () => {
    const { rpc: _, ...keys } = routingKeys;
    expect(Object.keys(commands).sort()).toEqual(Object.values(keys).sort());
  });
});

describe('the broker’s definitions', () => {
  test('without logins name no user, so they import anywhere', () => {
    expect(brokerDefinitions()).toMatchObject({ users: [], permissions: [], topic_permissions: [] });
  });

  test('hold the rights of exactly the users that were given', () => {
    const { users, permissions: rights } = brokerDefinitions([{ name: 'executor', passwordHash: 'h' }], 'v');
    expect(users).toEqual([
      { name: 'executor', password_hash: 'h', hashing_algorithm: 'rabbit_password_hashing_sha256', tags: '' },
    ]);
    const { configure, write, read } = permissions.executor;
    expect(rights).toEqual([{ user: 'executor', vhost: 'v', configure, write, read }]);
  });

  test.each(Object.entries(permissions))('let %s configure nothing of the topology', (_user, { configure }) => {
    for (const name of [...Object.values(exchanges), ...Object.values(queues)]) expect(name).not.toMatch(configure);
  });
});
