import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../../random.ts';
import type { Canary } from './canary.ts';
import { Wanderer, WandererTally } from './wanderer.ts';

/** A thread of wanderers: they take a core of their own, beside the one who publishes. */
export interface WanderersOptions {
  readonly urls: readonly string[];
  readonly canaries: readonly Canary[];
  readonly count: number;
  readonly seed: number;
}
export type WanderersReport = Pick<
  WandererTally,
  'deliveries' | 'joins' | 'leaves' | 'refused' | 'reconnects' | 'broken'
> & {
  readonly settled: boolean;
};

const { urls, canaries, count, seed } = workerData as WanderersOptions;
const random = new Random(seed);
const tally = new WandererTally();
const wanderers = Array.from({ length: count }, () => new Wanderer(urls, canaries, random.fork(), tally));

parentPort?.on('message', () => {
  const settled = wanderers.every((wanderer) => wanderer.settled);
  parentPort?.postMessage({ ...tally, settled } satisfies WanderersReport);
});
