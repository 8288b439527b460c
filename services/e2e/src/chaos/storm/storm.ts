import { setTimeout as delay } from 'node:timers/promises';
import { Broker } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import { waitFor } from '@stepwire/testing';
import type { Experiment, Trial, Verdict } from '../experiment.ts';
import { effectsOnce, eventsOnce, HEAD_WITHIN_MS, publishesSettle } from './checks.ts';
import { drawFaults, type Fault, faultLine } from './faults.ts';
import { carryOut } from './hit.ts';
import { Client, Managed } from './managed.ts';
import { Observed, PublishTally } from './observed.ts';

const PUBLISHERS = 20;
const MANAGED_AT_ONCE = 4;
const EVENTS_PER_REQUEST = [50, 300] as const;
const PACE_MS = [5, 40] as const;
/** after the last fault, everything started must have come to its end (ms); leases may have to run out first */
const END_WITHIN_MS = 60_000;

/** Everything at once: publishers, watchers and clients of all kinds, while everything breaks that can. */
export const storm: Experiment = {
  name: 'storm',
  about: 'faults of all kinds, drawn from the seed, for as many minutes as the run has',
  run,
};

async function run({ rig, random, seen, minutes, say }: Trial): Promise<readonly Verdict[]> {
  const forMs = minutes * 60_000;
  const lanes = drawFaults(random, forMs, rig.stack.instances, rig.lineNames);
  const broker = Broker.open({ url: rig.amqpUrl, name: 'chaos', logger: createLogger('chaos', 'fatal') });
  await broker.ready();
  const { urls } = rig;
  const client = new Client(urls, random.fork());
  const tally = new PublishTally();
  const observed: Observed[] = [];
  const managed: Managed[] = [];
  let calm = false;
  let givenUp = false;

  const publishing = Array.from({ length: PUBLISHERS }, async () => {
    const own = random.fork();
    while (!calm) {
      const request = new Observed(`observed-${observed.length + 1}`, broker, tally, own.fork(), urls);
      observed.push(request);
      await request.run(own.between(...EVENTS_PER_REQUEST), own.between(...PACE_MS), () => calm);
      // Those who are done hold no sockets; what they saw is checked at the end.
      void waitFor(() => request.watchers.every(({ endedAt }) => endedAt !== undefined), {
        timeoutMs: forMs + END_WITHIN_MS,
      })
        .then(() => {
          for (const watcher of request.watchers) watcher.close();
        })
        // the checks tell who is not at the head
        .catch(() => undefined);
    }
  });
  const commanding = Array.from({ length: MANAGED_AT_ONCE }, async () => {
    const own = random.fork();
    while (!calm) {
      const request = new Managed(client, own.fork(), urls);
      managed.push(request);
      await request.run(() => givenUp);
      request.watcher.close();
    }
  });

  const startedAt = performance.now();
  const counts = new Map<string, number>();
  const breakThings = async (faults: readonly Fault[]) => {
    for (const fault of faults) {
      await delay(Math.max(0, fault.atMs - (performance.now() - startedAt)));
      if (performance.now() - startedAt > forMs) return;
      say(faultLine(fault));
      if (!(await carryOut(rig, fault))) continue;
      const what = `${fault.kind} ${fault.target.replace(/ \d+\b/g, '')}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  };
  await Promise.all(lanes.map(breakThings));
  const calmAt = performance.now();
  calm = true;
  say('No more faults; waiting for all to come to their ends');
  await Promise.race([
    Promise.all([...publishing, ...commanding]).then(() =>
      waitFor(() => observed.every(({ watchers }) => watchers.every(({ endedAt }) => endedAt !== undefined)), {
        timeoutMs: HEAD_WITHIN_MS,
        // the checks tell who is not at the head
      }).catch(() => undefined),
    ),
    delay(END_WITHIN_MS, undefined, { ref: false }),
  ]);
  givenUp = true;
  const faults = [...counts.values()].reduce((sum, n) => sum + n, 0);
  say(`In all: ${[...counts].map(([what, n]) => `${n} × ${what}`).join(', ')}`);
  const verdicts = [
    eventsOnce(observed, managed, calmAt, `${faults} faults of ${counts.size} kinds`),
    publishesSettle(tally, observed),
    effectsOnce(managed),
  ];
  for (const { log, done } of observed) if (done) seen.keep(log);
  for (const { watcher } of managed) if (watcher.endedAt !== undefined) seen.keep(watcher.log);
  for (const { watchers } of observed) for (const watcher of watchers) watcher.close();
  for (const { watcher } of managed) watcher.close();
  client.close();
  await broker.close();
  return verdicts;
}
