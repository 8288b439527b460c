import { setTimeout as delay } from 'node:timers/promises';
import { Broker } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import { queues, StepwireError } from '@stepwire/protocol';
import { waitFor } from '@stepwire/testing';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import type { Random } from '../../random.ts';
import { Seen } from '../../request-log.ts';
import { type Rig, startRig } from '../../rig.ts';
import { storedIsFold } from '../../stored.ts';
import { effectsOnce } from '../../storm/checks.ts';
import { Client, Managed } from '../../storm/managed.ts';
import { confirming, newTally } from '../publishes/confirming.ts';
import { Numbered } from '../publishes/numbered.ts';
import { Asking } from './asking.ts';
import { Balancer, leaderOf } from './members.ts';

const NODES = 3;
const KILLS = 12;
/** below this (minutes) three nodes take longer to start than the experiment */
const FROM_MINUTES = 1;
const REQUESTS = 6;
const HANDS = 40;
const PACE_MS = [20, 80] as const;
const MANAGED_AT_ONCE = 4;
/** from the death of a node until nobody is sent there any more (ms) */
const UNNOTICED_MS = [100, 1_500] as const;
/** how long a node is away beside its start (ms) */
const AWAY_MS = [500, 5_000] as const;
const CALM_MS = [500, 3_000] as const;
/** connections of our library's `Broker` */
const BOTH = 2;
const PUBLISH_WITHIN_MS = 15_000 + 1_000;
/** after the last kill (ms) */
const WHOLE_WITHIN_MS = 60_000;
/** questions to the coordinator are answered again after a node is back within this (ms) */
const ANSWERS_AFTER_MS = 6_000;

/** P1, P2 and P6 on a cluster of its own */
export const cluster: Experiment = {
  name: 'cluster',
  about: `three nodes of RabbitMQ, and leaders of queues killed in the middle of a flow (from --minutes ${FROM_MINUTES})`,
  run,
};

async function run({ rig: { plant }, minutes, random, scaled, say }: Trial): Promise<readonly Verdict[]> {
  if (minutes < FROM_MINUTES) {
    say(`left out: three nodes take longer to start than a run of ${minutes} minutes has`);
    return [];
  }
  const rig = await startRig({ nodes: NODES, plant });
  let kept = false;
  try {
    const verdicts = await onRig(rig, random, scaled(KILLS, 3), say);
    kept = verdicts.every(({ broken }) => broken.length === 0);
    return verdicts;
  } finally {
    const logs = await rig.stop(!kept && plant === undefined);
    if (logs !== undefined) say(`the cluster's services said: ${logs}`);
  }
}

async function onRig(rig: Rig, random: Random, kills: number, say: Trial['say']): Promise<readonly Verdict[]> {
  const { urls } = rig.stack;
  const balancer = new Balancer(rig, random.fork());
  const broker = Broker.open({ url: rig.amqpUrl, name: 'chaos', logger: createLogger('chaos', 'fatal') });
  const requests = Array.from({ length: REQUESTS }, (_, i) => new Numbered(`cluster-${i + 1}`, urls, random.fork()));
  await Promise.all([broker.ready(), ...requests.map((request) => request.watched())]);
  const client = new Client(urls, random.fork());
  const asking = new Asking(client, 'cluster-asked');
  const tally = newTally();
  const pauses = random.fork();
  const publish = confirming({
    publish: (message) => broker.publish(message),
    tally,
    pauseMs: () => pauses.between(...PACE_MS),
    isExpected: (error) => error instanceof StepwireError && error.code === 'unavailable',
  });
  let calm = false;
  let givenUp = false;
  const publishing = Array.from({ length: HANDS }, async () => {
    while (!calm) {
      await publish(pauses.pick(requests).next(true));
      await delay(pauses.between(...PACE_MS));
    }
  });
  const managed: Managed[] = [];
  const commanding = Array.from({ length: MANAGED_AT_ONCE }, async () => {
    const own = random.fork();
    while (!calm) {
      const request = new Managed(client, own.fork(), urls);
      managed.push(request);
      await request.run(() => givenUp);
      request.watcher.close();
    }
  });

  let awayMs = 0;
  const killed = new Map<string, number>();
  for (let i = 0; i < kills; i += 1) {
    await delay(random.between(...CALM_MS));
    const victim = victims[i % victims.length] ?? queues.ingest;
    // a classic queue stays on the node where it was made
    const node = victim === queues.rpc ? rig.broker : await leaderOf(rig, victim);
    // every other time the publishers are on that very node, else only what they publish to
    if (i % 2 === 0) {
      const before = broker.counters().reconnects;
      balancer.move('publishers → broker', node);
      await waitFor(() => broker.counters().reconnects >= before + BOTH && broker.status() === 'ready', {
        timeoutMs: WHOLE_WITHIN_MS,
      });
      await delay(random.between(...CALM_MS));
    }
    say(`SIGKILL of ${node.node}, which leads ${victim}`);
    killed.set(victim, (killed.get(victim) ?? 0) + 1);
    const killedAt = performance.now();
    await node.kill();
    await delay(random.between(...UNNOTICED_MS));
    balancer.leave(node);
    await delay(random.between(...AWAY_MS));
    await node.restart();
    awayMs = Math.max(awayMs, performance.now() - killedAt);
  }
  calm = true;
  const calmAt = performance.now();
  await Promise.race([
    Promise.all(commanding),
    delay(WHOLE_WITHIN_MS, undefined, { ref: false }).then(() => {
      givenUp = true;
    }),
  ]);
  await asking.stop();
  await Promise.all(publishing);
  for (const request of requests) await publish(request.end());
  // where they do not get there, the complaints tell who
  await waitFor(() => requests.every(({ atEnd }) => atEnd), { timeoutMs: WHOLE_WITHIN_MS }).catch(() => undefined);
  const wholeMs = performance.now() - calmAt;

  const seen = new Seen();
  for (const { log } of requests) seen.keep(log);
  const killsInWords = [...killed].map(([queue, times]) => `${times} × ${queue}`).join(', ');
  const verdicts: Verdict[] = [
    {
      promise: 'P1, P2  on three nodes, whose leaders are killed, everything confirmed is seen once, in order',
      figures:
        `${kills} SIGKILLs of leaders (${killsInWords}); ${count(tally.confirmed)} confirmed, ${count(tally.rejected)} rejected and repeated, ` +
        `the longest took ${(tally.longestMs / 1000).toFixed(1)} s; all at the end ${(wholeMs / 1000).toFixed(1)} s after the last`,
      broken: [
        ...tally.wrong,
        ...(tally.rejected === 0 ? ['no publish was rejected: too little to tell'] : []),
        ...(tally.longestMs > PUBLISH_WITHIN_MS ? [`a publish took ${count(tally.longestMs)} ms`] : []),
        ...requests.flatMap((request) => request.complaints()),
      ],
    },
    effectsOnce(managed),
    {
      promise: '--  questions to the coordinator wait for the node that keeps their queue, and not much longer',
      figures: `${count(asking.answered)} answers; the longest time without one was ${(asking.longestMs / 1000).toFixed(1)} s, a node was away for ${(awayMs / 1000).toFixed(1)} s at the most`,
      broken:
        asking.longestMs > awayMs + ANSWERS_AFTER_MS
          ? [`no answer for ${count(asking.longestMs)} ms, though a node was away for ${count(awayMs)} ms only`]
          : [],
    },
    await storedIsFold(rig.postgres.url, seen),
    { promise: '--  no service ends by itself', figures: `${rig.ownDeaths.length} did`, broken: rig.ownDeaths },
  ];
  for (const request of requests) request.close();
  client.close();
  await broker.close();
  return verdicts;
}

const victims = [queues.ingest, queues.steps, queues.rpc, queues.ingest] as const;
