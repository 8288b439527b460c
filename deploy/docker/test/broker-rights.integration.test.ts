/**
 * What `docker compose up` gives to the broker, on a real one: each service's user can do what the service does,
 * and is refused (403, ACCESS_REFUSED) what another one does.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BrokerUser,
  exchanges,
  feedBindingOfRequestShard,
  permissions,
  queues,
  routingKeys,
} from '@stepwire/protocol';
import { type OwnBroker, type TemporaryFolder, temporaryFolder, withOwnBroker } from '@stepwire/testing';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { writeSecrets } from '../write-secrets.ts';

let broker: OwnBroker;
let folder: TemporaryFolder;
const connections: Partial<Record<BrokerUser, ChannelModel>> = {};

const urlOf = (user: BrokerUser) => readFileSync(join(folder.path, user, 'amqp-url'), 'utf8');

beforeAll(async () => {
  folder = temporaryFolder();
  broker = await withOwnBroker({ topology: false });
  writeSecrets(folder.path, { broker: new URL(broker.url).host, database: 'localhost:5432' });
  const definitions: unknown = JSON.parse(readFileSync(join(folder.path, 'broker', 'definitions.json'), 'utf8'));
  await broker.management.call('POST', '/definitions', definitions);
}, 60_000);

afterAll(async () => {
  for (const connection of Object.values(connections)) await connection.close();
  await broker.close();
  folder.remove();
});

type Deed = (channel: ConfirmChannel) => Promise<unknown>;

/** On a channel of its own, since a refusal closes it. */
async function as(user: BrokerUser, deed: Deed): Promise<'done' | number> {
  connections[user] ??= await connect(urlOf(user));
  const channel = await connections[user].createConfirmChannel();
  const refused = new Promise<number>((resolve) =>
    channel.once('error', (error: { code: number }) => resolve(error.code)),
  );
  const done = deed(channel).then(
    () => 'done' as const,
    // amqplib rejects the call and reports the code on the channel: the code is the answer
    () => refused,
  );
  const outcome = await Promise.race([done, refused]);
  if (outcome === 'done') await channel.close();
  return outcome;
}

const publish =
  (exchange: string, routingKey: string): Deed =>
  async (channel) => {
    channel.publish(exchange, routingKey, Buffer.from('{}'), { persistent: true });
    await channel.waitForConfirms();
  };
const consume =
  (queue: string): Deed =>
  async (channel) =>
    channel.cancel((await channel.consume(queue, () => {})).consumerTag);
const purge =
  (queue: string): Deed =>
  (channel) =>
    channel.purgeQueue(queue);
const bindInstance =
  (service: BrokerUser, exchange: string, routingKey: string): Deed =>
  async (channel) => {
    const { queue } = await channel.assertQueue(`${service}.${randomUUID()}`, { exclusive: true, durable: false });
    await channel.bindQueue(queue, exchange, routingKey);
    await channel.consume(queue, () => {}, { noAck: true });
    await channel.unbindQueue(queue, exchange, routingKey);
    await channel.deleteQueue(queue);
  };
const declare =
  (queue: string): Deed =>
  (channel) =>
    channel.assertQueue(queue, { exclusive: true });
const checkTopology: Deed = async (channel) => {
  for (const name of Object.values(exchanges)) await channel.checkExchange(name);
  for (const name of Object.values(queues)) await channel.checkQueue(name);
};

const { agentEvents, agentCommands, coordinator, coordinatorAgents, requestFeed, agentDead } = exchanges;
const feedKeys = feedBindingOfRequestShard(7);

describe('each user can do what its service does', () => {
  const may: [BrokerUser, string, Deed][] = [
    ['gateway', 'ask the coordinator', publish(coordinator, routingKeys.rpc)],
    ['gateway', 'follow the feed on a queue of its own', bindInstance('gateway', requestFeed, feedKeys)],
    ['coordinator', 'read what agents publish', consume(queues.ingest)],
    ['coordinator', 'read questions', consume(queues.rpc)],
    ['coordinator', 'read questions of agents', consume(queues.agentRpc)],
    ['coordinator', 'take dead letters', consume(queues.deadLetters)],
    ['coordinator', 'publish dead letters again', publish(agentEvents, 'agent.progress')],
    ['coordinator', 'give commands', publish(agentCommands, routingKeys.stepExecute)],
    ['coordinator', 'feed gateways', publish(requestFeed, 'r1.u2')],
    ['coordinator', 'put away what it refuses', publish(agentDead, 'executor.step.progress')],
    ['planner', 'take plans to make', consume(queues.plans)],
    ['planner', 'publish events', publish(agentEvents, 'planner.plan.created')],
    ['planner', 'ask what agents may ask', publish(coordinatorAgents, routingKeys.rpc)],
    ['planner', 'hear of cancels', bindInstance('planner', agentCommands, routingKeys.requestCancel)],
    ['executor', 'take steps', consume(queues.steps)],
    ['executor', 'publish events', publish(agentEvents, 'executor.step.progress')],
    ['executor', 'ask what agents may ask', publish(coordinatorAgents, routingKeys.rpc)],
    ['executor', 'hear of cancels', bindInstance('executor', agentCommands, routingKeys.requestCancel)],
    ...(['gateway', 'coordinator', 'planner', 'executor'] as const).map((user): [BrokerUser, string, Deed] => [
      user,
      'look whether the topology is there',
      checkTopology,
    ]),
  ];
  test.each(may)('%s may %s', async (user, _what, deed) => {
    expect(await as(user, deed)).toBe('done');
  });

  test.each(['gateway', 'planner', 'executor'] as const)(
    '%s gets the coordinator’s answer as a direct reply',
    async (user) => {
      const asking = await connect(urlOf(user));
      const answering = await connect(urlOf('coordinator'));
      try {
        const [question, answer] = [await asking.createChannel(), await answering.createChannel()];
        const correlationId = randomUUID();
        const [exchange, queue] = user === 'gateway' ? [coordinator, queues.rpc] : [coordinatorAgents, queues.agentRpc];
        await answer.consume(queue, (message) => {
          if (message === null) return;
          answer.ack(message);
          // what earlier tests left in the queue wants no reply
          if (message.properties.replyTo === undefined) return;
          answer.publish('', message.properties.replyTo, Buffer.from('yes'), { correlationId });
        });
        const reply = new Promise<string>((resolve, reject) => {
          question.on('error', reject);
          answer.on('error', reject);
          question
            .consume(
              'amq.rabbitmq.reply-to',
              (message) => message?.properties.correlationId === correlationId && resolve(message.content.toString()),
              { noAck: true },
            )
            .then(() => {
              const replyTo = 'amq.rabbitmq.reply-to';
              question.publish(exchange, routingKeys.rpc, Buffer.from('{}'), { replyTo, correlationId });
            }, reject);
        });
        expect(await reply).toBe('yes');
      } finally {
        await asking.close();
        await answering.close();
      }
    },
  );
});

describe('each user is refused what its service never does', () => {
  const mayNot: [BrokerUser, string, Deed][] = [
    ['gateway', 'publish events', publish(agentEvents, 'request.completed')],
    ['gateway', 'give commands', publish(agentCommands, routingKeys.requestCancel)],
    ['gateway', 'feed gateways', publish(requestFeed, 'r1.u2')],
    ['gateway', 'write any queue by name', publish('', queues.ingest)],
    ['gateway', 'read questions', consume(queues.rpc)],
    ['gateway', 'read dead letters', consume(queues.deadLetters)],
    ['gateway', 'listen to events', bindInstance('gateway', agentEvents, '#')],
    ['coordinator', 'take steps', consume(queues.steps)],
    ['coordinator', 'declare queues', declare('coordinator.other')],
    ['gateway', 'ask as an agent', publish(coordinatorAgents, routingKeys.rpc)],
    ['planner', 'ask in anybody’s name', publish(coordinator, routingKeys.rpc)],
    ['executor', 'ask in anybody’s name', publish(coordinator, routingKeys.rpc)],
    ['planner', 'take steps', consume(queues.steps)],
    ['planner', 'give commands', publish(agentCommands, routingKeys.stepExecute)],
    ['planner', 'feed gateways', publish(requestFeed, 'r1.u2')],
    ['planner', 'write any queue by name', publish('', queues.ingest)],
    ['planner', 'listen to the feed', bindInstance('planner', requestFeed, '#')],
    ['planner', 'listen to other commands', bindInstance('planner', agentCommands, routingKeys.stepExecute)],
    ['executor', 'make plans', consume(queues.plans)],
    ['executor', 'read what agents publish', consume(queues.ingest)],
    ['executor', 'throw away what agents publish', purge(queues.ingest)],
    ['executor', 'give commands', publish(agentCommands, routingKeys.planCreate)],
    ['executor', 'write any queue by name', publish('', queues.ingest)],
    ['executor', 'listen to events', bindInstance('executor', agentEvents, '#')],
    ['executor', 'listen to all commands', bindInstance('executor', agentCommands, '#')],
    ['executor', 'listen as somebody else', bindInstance('gateway', agentCommands, routingKeys.requestCancel)],
  ];
  test.each(mayNot)('%s may not %s', async (user, _what, deed) => {
    expect(await as(user, deed)).toBe(403);
  });

  test.each(Object.keys(permissions) as BrokerUser[])('%s may not delete anything of the topology', async (user) => {
    for (const queue of Object.values(queues))
      expect(await as(user, (channel) => channel.deleteQueue(queue))).toBe(403);
    for (const name of Object.values(exchanges))
      expect(await as(user, (channel) => channel.deleteExchange(name))).toBe(403);
  });

  test('and nobody is an administrator', async () => {
    const users = await broker.management.list('/users');
    for (const user of users.filter(({ name }) => String(name) in permissions)) expect(user.tags).toEqual([]);
  });
});

describe('secrets', () => {
  const read = () => Object.keys(permissions).map((user) => readFileSync(join(folder.path, user, 'amqp-url'), 'utf8'));

  test('are all different, and stay when they are written again', () => {
    const before = read();
    expect(new Set(before.map((url) => new URL(url).password)).size).toBe(4);
    writeSecrets(folder.path, { broker: new URL(broker.url).host, database: 'localhost:5432' });
    expect(read()).toEqual(before);
  });

  test('reach the broker as hashes only', () => {
    const definitions = readFileSync(join(folder.path, 'broker', 'definitions.json'), 'utf8');
    for (const url of read()) expect(definitions).not.toContain(new URL(url).password);
  });

  test('of gateways are long enough to sign sessions with, and stay', () => {
    const key = readFileSync(join(folder.path, 'gateway', 'session-secret'), 'utf8');
    expect(key.length).toBeGreaterThanOrEqual(32);
    writeSecrets(folder.path, { broker: new URL(broker.url).host, database: 'localhost:5432' });
    expect(readFileSync(join(folder.path, 'gateway', 'session-secret'), 'utf8')).toBe(key);
  });

  test('of the database are the same for its server and for the coordinator', () => {
    const password = readFileSync(join(folder.path, 'database', 'password'), 'utf8');
    expect(new URL(readFileSync(join(folder.path, 'coordinator', 'database-url'), 'utf8')).password).toBe(password);
  });
});
