import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { temporaryFolder, waitFor } from '@stepwire/testing';
import { findRabbitmqServer, type PrivateBroker } from '../src/private-broker.ts';
import { startPrivateCluster } from '../src/private-cluster.ts';
import { processesOf } from './processes-of.ts';

/** what this node believes of its cluster */
async function runningNodes({ env }: PrivateBroker): Promise<number> {
  const rabbitmqctl = join(dirname(findRabbitmqServer() ?? ''), 'rabbitmqctl');
  const words = ['-q', 'eval', 'length(rabbit_nodes:all_running()).'];
  const { stdout } = await promisify(execFile)(rabbitmqctl, words, { env: { ...env } });
  return Number(stdout);
}

test('two nodes are one cluster, and one that was killed comes back into it', async () => {
  const folder = temporaryFolder();
  const cluster = await startPrivateCluster({ dataDir: folder.path, nodes: 2, orphanSignal: 'KILL' });
  const [first, second] = cluster.nodes;
  if (first === undefined || second === undefined) throw new Error('two were asked for');
  expect(await runningNodes(second)).toBe(2);
  await first.kill();
  await waitFor(async () => (await runningNodes(second)) === 1, { timeoutMs: 30_000 });
  await first.restart();
  expect(await runningNodes(second)).toBe(2);
  await cluster.kill();
  await waitFor(() => processesOf(folder.path).length === 0, { timeoutMs: 10_000, what: 'the end of all processes' });
  folder.remove();
}, 180_000);
