import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Keeper } from './keeper.ts';
import { freePorts } from './ports.ts';
import { type PrivateBroker, type PrivateBrokerOptions, startMapper, startPrivateBroker } from './private-broker.ts';

export interface PrivateClusterOptions extends Pick<PrivateBrokerOptions, 'orphanSignal' | 'timeoutMs' | 'keeper'> {
  /** everything the nodes write is below this folder */
  readonly dataDir: string;
  /** how many nodes; quorum queues want an odd number of them */
  readonly nodes: number;
}

/** Nodes of RabbitMQ on this machine that form one cluster; each can be killed and restarted by itself. */
export interface PrivateCluster {
  readonly nodes: readonly PrivateBroker[];
  /** SIGKILL to all, port mapper too */
  kill(): Promise<void>;
}

/** @throws Error when a node does not start; those that did are killed */
export async function startPrivateCluster(options: PrivateClusterOptions): Promise<PrivateCluster> {
  const { keeper = new Keeper(), nodes: size, orphanSignal = 'TERM', timeoutMs = 60_000 } = options;
  const dir = resolve(options.dataDir);
  mkdirSync(dir, { recursive: true });
  const [epmdPort = 0] = await freePorts(1);
  // One for all: a node asks its own mapper's port for every other node too.
  const mapper = await startMapper({ port: epmdPort, output: join(dir, 'epmd.out'), keeper });
  const cookie = randomBytes(16).toString('hex');
  const start = (number: number, seed?: string) =>
    startPrivateBroker({
      dataDir: join(dir, `node-${number}`),
      orphanSignal,
      timeoutMs,
      keeper,
      member: { node: `stepwire-${number}@localhost`, seed, cookie, epmdPort },
    });
  const nodes: PrivateBroker[] = [];
  const kill = async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await mapper.kill();
  };
  try {
    // The first alone, so that none of the others can take itself for the first.
    const first = await start(1);
    nodes.push(first);
    for (let number = 2; number <= size; number += 1) nodes.push(await start(number, first.node));
  } catch (error) {
    await kill();
    throw error;
  }
  return { nodes, kill };
}
