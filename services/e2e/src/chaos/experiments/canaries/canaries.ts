import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { startStack, waitFor } from '@stepwire/testing';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { Publisher } from '../../publisher.ts';
import type { Rig } from '../../rig.ts';
import { type Canary, songOf } from './canary.ts';
import { confusingIds } from './confusing-ids.ts';
import { ENDS_WITHIN_MS, shareOf, type User } from './visitors.ts';
import type { ToWanderers, WanderersOptions, WanderersReport } from './wanderers-worker.ts';

const ROOMS = 1_000;
const WANDERERS = 100;
const DELIVERIES = 1_000_000;
/** requests that holders of a link watch */
const SHARES = 6;
/** of the requests, the part that is nobody's */
const NOBODYS = 0.05;
/** published and not confirmed */
const IN_FLIGHT = 500;
/** events of one room in one go: bursts fill feed messages and frames */
const BURST = [1, 20] as const;
const LOOK_EVERY = 1_000;
const SETTLED_WITHIN_MS = 60_000;
/** of what signs in (HS256); this system is of this run alone */
const SECRET = 'a secret of the wanderers, of 32 bytes and more';

const OPERATOR: User = { userId: 'canary-keeper', operator: true };
/** They could be taken for one another, for nobody, or for somebody who may see all. */
const owners = ['ada', 'Ada', 'ada ', 'ad\u0430', 'null', '__proto__', 'gateway', 'operator', '*', 'u1.ada'];

/** P10: no event reaches somebody who may not see it. */
export const canaries: Experiment = {
  name: 'canaries',
  about: 'each request sings its own song, and who wanders from room to room may hear no other, and only their own',
  run,
};

/** As the rig's, but with sign-in: the same broker, the same coordinators. */
const gatewaysWithSignIn = ({ broker, dataDir, mainOf }: Rig) =>
  startStack({
    broker,
    database: { dataDir: join(dataDir, 'logs', 'sign-in') },
    services: { gateway: 2, coordinator: 0, planner: 0, executor: 0 },
    env: { LOG_LEVEL: 'warn', COMMANDS_PER_SECOND: '1000000', AUTH_SECRET: SECRET },
    mainOf,
  });

async function run(trial: Trial): Promise<readonly Verdict[]> {
  const gateways = await gatewaysWithSignIn(trial.rig);
  try {
    return [await wander(trial, gateways.urls)];
  } finally {
    await gateways.stop();
  }
}

async function wander({ rig, random, scaled }: Trial, urls: readonly string[]): Promise<Verdict> {
  const ids = confusingIds(ROOMS, `${random.between(0, 2 ** 31)}`, random.fork());
  const birds: readonly Canary[] = ids.map((requestId) => ({
    requestId,
    secret: random.between(1, 2 ** 31),
    owner: random.chance(NOBODYS) ? null : random.pick(owners),
  }));
  const target = scaled(DELIVERIES, 30_000);
  const publisher = await Publisher.open(rig.broker.url);
  const sung = new Map<string, number>();
  /** the first says whose request it is, so it goes ahead of the others */
  const sing = async (bird: Canary): Promise<void> => {
    const n = (sung.get(bird.requestId) ?? 0) + 1;
    sung.set(bird.requestId, n);
    await publisher.publish(songOf(bird, n, random.pick(owners)));
  };
  const [url = ''] = urls;
  const shared = birds.slice(0, SHARES);
  await Promise.all(shared.map(sing));
  const shares = await Promise.all(
    shared.map(({ requestId }) =>
      waitFor(() => shareOf(url, SECRET, OPERATOR, requestId), { what: `a share of ${requestId}` }),
    ),
  );

  const users: readonly User[] = owners.map((userId) => ({ userId, operator: false }));
  const workerData: WanderersOptions = {
    ...{ urls, secret: SECRET, canaries: birds, operator: OPERATOR, users, shares },
    count: scaled(WANDERERS, 60),
    seed: random.between(0, 2 ** 31),
  };
  const worker = new Worker(new URL('./wanderers-worker.js', import.meta.url), { workerData });
  const tell = (message: ToWanderers) => worker.postMessage(message);
  const report = async (): Promise<WanderersReport> => {
    tell('report');
    const [answer] = await once(worker, 'message');
    return answer;
  };
  await waitFor(async () => (await report()).settled, { timeoutMs: SETTLED_WITHIN_MS, what: 'wanderers to settle' });

  const startedAt = performance.now();
  const inFlight = new Set<Promise<void>>();
  let published = SHARES;
  let seen = await report();
  const early = seen.strangers;
  const burst = async (): Promise<number> => {
    const bird = random.pick(birds);
    const songs = random.between(...BURST);
    for (let left = songs; left > 0; left -= 1) {
      const confirmed = sing(bird).then(() => void inFlight.delete(confirmed));
      inFlight.add(confirmed);
      if (sung.get(bird.requestId) === 1) await confirmed;
    }
    published += songs;
    while (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight);
    return songs;
  };
  const singUntil = async (done: (seen: WanderersReport) => boolean): Promise<void> => {
    while (!done(seen) && seen.broken.length <= 100) {
      for (let songs = 0; songs < LOOK_EVERY; ) songs += await burst();
      seen = await report();
    }
  };
  await singUntil(({ deliveries }) => deliveries >= target / 4);
  // early enough that what outlives it has something to hear
  tell('end');
  await singUntil(({ deliveries }) => deliveries >= target);
  await Promise.all(inFlight);
  // what was signed out and taken back ends, though nobody says anything more
  const overdue = await waitFor(async () => (await report()).ending === 0, { timeoutMs: ENDS_WITHIN_MS }).then(
    () => [],
    () => ['connections outlive a sign-in that ended'],
  );
  const { deliveries, followed, joins, leaves, strangers, refused, reconnects, ended, turnedAway, broken } =
    await report();
  await worker.terminate();
  await publisher.close();
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    promise: 'P10 no event reaches somebody who may not see it, or is not in its room',
    figures: `${count(deliveries)} deliveries checked (${count(followed.feed)} by feed, ${count(followed.agents)} by /ws/agents, ${count(followed.SSE)} by SSE), of ${count(published)} events of ${count(birds.length)} requests of ${owners.length} users and of nobody, to ${count(workerData.count)} sockets of ${users.length} users, an operator and ${SHARES} shares; ${count(strangers)} strangers refused, ${count(early)} of them before the request was there; ${count(joins)} joins (${count(refused)} of them let in later), ${count(leaves)} leaves, ${count(reconnects)} connections, ${count(ended)} ended with their sign-in, ${count(turnedAway)} turned away after it; ${seconds.toFixed(0)} s`,
    broken: [...broken, ...overdue],
  };
}
