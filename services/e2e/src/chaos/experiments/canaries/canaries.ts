import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { waitFor } from '@stepwire/testing';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { Publisher } from '../../publisher.ts';
import { type Canary, songOf } from './canary.ts';
import { confusingIds } from './confusing-ids.ts';
import type { WanderersOptions, WanderersReport } from './wanderers-worker.ts';

const ROOMS = 1_000;
const WANDERERS = 200;
const DELIVERIES = 1_000_000;
/** published and not confirmed */
const IN_FLIGHT = 500;
/** events of one room in one go: bursts fill feed messages and frames */
const BURST = [1, 20] as const;
const LOOK_EVERY = 1_000;
const SETTLED_WITHIN_MS = 60_000;

/** P10: no event reaches somebody who may not see it. */
export const canaries: Experiment = {
  name: 'canaries',
  about: 'each request sings its own song, and who wanders from room to room may hear no other',
  run,
};

async function run({ rig, random, scaled }: Trial): Promise<readonly Verdict[]> {
  const ids = confusingIds(ROOMS, `${random.between(0, 2 ** 31)}`, random.fork());
  const birds: readonly Canary[] = ids.map((requestId) => ({ requestId, secret: random.between(1, 2 ** 31) }));
  const target = scaled(DELIVERIES, 30_000);
  const workerData: WanderersOptions = {
    urls: rig.stack.urls,
    canaries: birds,
    count: scaled(WANDERERS, 60),
    seed: random.between(0, 2 ** 31),
  };
  const worker = new Worker(new URL('./wanderers-worker.js', import.meta.url), { workerData });
  const report = async (): Promise<WanderersReport> => {
    worker.postMessage('report');
    const [answer] = await once(worker, 'message');
    return answer;
  };
  const publisher = await Publisher.open(rig.broker.url);
  await waitFor(async () => (await report()).settled, { timeoutMs: SETTLED_WITHIN_MS, what: 'wanderers to settle' });

  const startedAt = performance.now();
  const sung = new Map<string, number>();
  const inFlight = new Set<Promise<void>>();
  let published = 0;
  let seen = await report();
  while (seen.deliveries < target) {
    for (let burst = 0; burst < LOOK_EVERY; ) {
      const bird = random.pick(birds);
      for (let left = random.between(...BURST); left > 0; left -= 1) {
        const n = (sung.get(bird.requestId) ?? 0) + 1;
        sung.set(bird.requestId, n);
        burst += 1;
        published += 1;
        const confirmed = publisher.publish(songOf(bird, n)).then(() => void inFlight.delete(confirmed));
        inFlight.add(confirmed);
      }
      while (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight);
    }
    seen = await report();
    if (seen.broken.length > 100) break;
  }
  await Promise.all(inFlight);
  const { deliveries, joins, leaves, refused, reconnects, broken } = await report();
  await worker.terminate();
  await publisher.close();
  const seconds = (performance.now() - startedAt) / 1000;
  return [
    {
      promise: 'P10 no event reaches somebody who is not in its room',
      figures: `${count(deliveries)} deliveries checked, of ${count(published)} events of ${count(birds.length)} requests, to ${count(workerData.count)} sockets; ${count(joins)} joins (${count(refused)} of them let in later), ${count(leaves)} leaves, ${count(reconnects)} connections; ${seconds.toFixed(0)} s; all of them the user of open mode`,
      broken,
    },
  ];
}
