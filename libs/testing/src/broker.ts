import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findRabbitmqServer, startPrivateBroker } from '@stepwire/local';
import { topology } from '@stepwire/protocol';
import { connect } from 'amqplib';
import { Management } from './management.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { testBroker } from './test-services.ts';

/** A vhost and a user of its own on the broker of this jest run, with the topology declared. */
export interface BrokerForTest {
  /** AMQP URL with user and vhost in it; the user may do everything there */
  readonly url: string;
  readonly vhost: string;
  readonly management: Management;
  /** open connections to this vhost, known to the broker at once */
  connectionCount(): Promise<number>;
  /**
   * Has the broker close every connection to this vhost, as an operator would: clients see CONNECTION_FORCED (320).
   * @returns how many there were
   */
  closeConnections(): Promise<number>;
  /** messages that wait in the queue, without the delivered and not yet acknowledged ones; exact (queue.declare-ok) */
  queueDepth(queue: string): Promise<number>;
  /** deletes vhost and user with all that is in it, which also ends its connections */
  close(): Promise<void>;
}

/** @param options.topology false leaves the vhost empty */
export async function withBroker(options: { topology?: boolean } = {}): Promise<BrokerForTest> {
  const { url, managementUrl } = await testBroker();
  return openVhost(url, managementUrl, options.topology ?? true);
}

/** A broker of its own, for tests that stop, freeze or kill it. Slow to start (some 5 s): one per file. */
export interface OwnBroker extends BrokerForTest {
  /** SIGKILL */
  kill(): Promise<void>;
  /** starts it again, on the same port with the same data; after `kill`, or instead of a stop and a start */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nobody answers */
  freeze(): void;
  thaw(): void;
  /** the node's own command line tool, e.g. to raise a memory alarm; some 2 s @returns its output */
  rabbitmqctl(...args: string[]): Promise<string>;
}

export async function withOwnBroker(options: { topology?: boolean } = {}): Promise<OwnBroker> {
  const folder = temporaryFolder();
  const broker = await startPrivateBroker({ dataDir: folder.path, management: true, orphanSignal: 'KILL' });
  const vhost = await openVhost(broker.url, broker.managementUrl ?? '', options.topology ?? true);
  return {
    ...vhost,
    kill: broker.kill,
    restart: broker.restart,
    freeze: () => process.kill(broker.pid(), 'SIGSTOP'),
    thaw: () => process.kill(broker.pid(), 'SIGCONT'),
    async rabbitmqctl(...args) {
      const tool = join(dirname(findRabbitmqServer() ?? ''), 'rabbitmqctl');
      const { stdout } = await promisify(execFile)(tool, args, { env: { ...broker.env } });
      return stdout;
    },
    async close() {
      await broker.kill();
      folder.remove();
    },
  };
}

async function openVhost(url: string, managementUrl: string, withTopology: boolean): Promise<BrokerForTest> {
  const name = `test-${randomUUID()}`;
  const management = new Management(managementUrl);
  await management.call('PUT', `/vhosts/${name}`, {});
  // A user per vhost: the broker lists and closes connections by user at once, by vhost only with its statistics.
  await management.call('PUT', `/users/${name}`, { password: name, tags: '' });
  await management.call('PUT', `/permissions/${name}/${name}`, { configure: '.*', write: '.*', read: '.*' });
  if (withTopology) await management.call('POST', `/definitions/${name}`, definitions());

  const amqpUrl = `amqp://${name}:${name}@${new URL(url).host}/${name}`;
  const connectionsPath = `/connections/username/${name}`;
  const connectionCount = async () => (await management.list(connectionsPath)).length;
  return {
    url: amqpUrl,
    vhost: name,
    management,
    connectionCount,
    async closeConnections() {
      const count = await connectionCount();
      await management.call('DELETE', connectionsPath);
      return count;
    },
    queueDepth: (queue) => queueDepth(amqpUrl, queue),
    async close() {
      await management.call('DELETE', `/vhosts/${name}`);
      await management.call('DELETE', `/users/${name}`);
    },
  };
}

/** The management API's counts are seconds old; a passive declare asks the queue itself. */
async function queueDepth(url: string, queue: string): Promise<number> {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    // A missing queue closes the channel; the rejected call says so, the event would only be a second report.
    channel.on('error', () => {});
    return (await channel.checkQueue(queue)).messageCount;
  } finally {
    await connection.close();
  }
}

/** The topology as the broker imports it: not declared by the code under test. */
const definitions = () => ({
  exchanges: topology.exchanges.map((exchange) => ({
    ...exchange,
    durable: true,
    auto_delete: false,
    internal: false,
    arguments: {},
  })),
  queues: topology.queues.map((queue) => ({ ...queue, durable: true, auto_delete: false })),
  bindings: topology.bindings.map(({ exchange, queue, routingKey }) => ({
    source: exchange,
    destination: queue,
    destination_type: 'queue',
    routing_key: routingKey,
    arguments: {},
  })),
});
