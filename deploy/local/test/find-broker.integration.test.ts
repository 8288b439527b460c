import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { exchanges } from '@stepwire/protocol';
import { type BrokerForTest, type TemporaryFolder, temporaryFolder, withBroker } from '@stepwire/testing';
import { connect } from 'amqplib';
import { type BrokerSearch, type FoundBroker, findBroker, type Machine, NoBrokerError } from '../src/find-broker.ts';
import { Keeper } from '../src/keeper.ts';
import { freePorts } from '../src/ports.ts';

/** A machine that offers nothing; each test says what it has. */
const bare: Machine = {
  hasRabbitmqServer: () => false,
  containerEngine: () => undefined,
  canInstall: () => false,
  install: async () => {
    throw new Error('nothing may be installed in this test');
  },
};
const withServer: Machine = { ...bare, hasRabbitmqServer: () => true };

let folder: TemporaryFolder;
let broker: BrokerForTest;
let nobody: string;
let found: FoundBroker | undefined;
const said: string[] = [];
const keeper = new Keeper();

const search = (more: Partial<BrokerSearch>): BrokerSearch => ({
  given: undefined,
  dataDir: folder.path,
  keeper,
  say: (line) => said.push(line),
  localUrl: nobody,
  machine: bare,
  ...more,
});

beforeAll(async () => {
  folder = temporaryFolder();
  broker = await withBroker({ topology: false });
  nobody = `amqp://guest:guest@127.0.0.1:${(await freePorts(1))[0]}`;
}, 60_000);
afterEach(async () => {
  await found?.own?.stop();
  found = undefined;
  said.length = 0;
}, 30_000);
afterAll(async () => {
  await broker.close();
  folder.remove();
});

const hasTopology = async (url: string): Promise<boolean> => {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  const there = await channel.checkExchange(exchanges.agentEvents).then(
    () => true,
    () => false,
  );
  await connection.close();
  return there;
};

test('AMQP_URL comes first, and the topology is declared there', async () => {
  found = await findBroker(search({ given: broker.url, machine: withServer }));
  expect(found.way).toBe('given');
  expect(found.own).toBeUndefined();
  expect(await hasTopology(broker.url)).toBe(true);
});

test('the password of AMQP_URL is not shown', async () => {
  found = await findBroker(search({ given: broker.url }));
  expect(found.about).not.toContain(`:${broker.vhost}@`);
});

test('an AMQP_URL where nobody answers is an error that names it; no other way is tried', async () => {
  await expect(findBroker(search({ given: nobody, machine: withServer }))).rejects.toThrow(/^AMQP_URL is amqp:.*can't/);
}, 20_000);

test('without AMQP_URL, a broker that answers on localhost is used, and not ours to stop', async () => {
  found = await findBroker(search({ localUrl: broker.url, machine: withServer }));
  expect(found).toMatchObject({ way: 'local', url: broker.url });
  expect(found.own).toBeUndefined();
});

test('a broker on localhost that refuses guest is left alone, said so, and a private node is started', async () => {
  const refused = new URL(broker.url);
  refused.password = 'wrong';
  found = await findBroker(search({ localUrl: refused.href, machine: withServer }));
  expect(found.way).toBe('private');
  expect(said[0]).toMatch(/can't be used by guest/);
  expect(await hasTopology(found.url)).toBe(true);
}, 90_000);

test('the private node comes back on the same port with the same data', async () => {
  found = await findBroker(search({ machine: withServer }));
  const first = found.url;
  const connection = await connect(first);
  const channel = await connection.createConfirmChannel();
  channel.publish(exchanges.agentEvents, 'x', Buffer.from('{}'), { persistent: true });
  await channel.waitForConfirms();
  await connection.close();
  await found.own?.stop();

  found = await findBroker(search({ machine: withServer }));
  expect(found.url).toBe(first);
  const again = await connect(first);
  const { messageCount } = await (await again.createChannel()).checkQueue('coordinator.ingest');
  expect(messageCount).toBe(1);
  await again.close();
}, 120_000);

test('a container engine is tried before anything is installed, and its failure is said', async () => {
  const installed: string[] = [];
  const machine: Machine = {
    ...bare,
    // an engine that can't run anything
    containerEngine: () => '/bin/false',
    canInstall: () => true,
    install: async () => void installed.push('rabbitmq-server'),
  };
  mkdirSync(join(folder.path, 'installed'));
  found = await findBroker(search({ machine, dataDir: join(folder.path, 'installed') }));
  expect(found.way).toBe('private');
  expect(installed).toEqual(['rabbitmq-server']);
  expect(said).toEqual([
    'Starting RabbitMQ in a container (/bin/false) …',
    expect.stringMatching(/^The container did not start: .*exit code 1/),
  ]);
}, 90_000);

test('where nothing is possible, one message names all the ways', async () => {
  const refusal = findBroker(search({}));
  await expect(refusal).rejects.toBeInstanceOf(NoBrokerError);
  for (const way of ['AMQP_URL', 'rabbitmq-server', 'docker', 'lets guest in']) {
    await expect(refusal).rejects.toThrow(way);
  }
});
