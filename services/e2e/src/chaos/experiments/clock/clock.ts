import { setTimeout as delay } from 'node:timers/promises';
import { Broker } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import type { InstanceName } from '@stepwire/testing';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { Publisher } from '../../publisher.ts';
import type { Random } from '../../random.ts';
import { Seen } from '../../request-log.ts';
import { type Rig, startRig } from '../../rig.ts';
import { storedIsFold } from '../../stored.ts';
import { effectsOnce, eventsOnce, publishesSettle } from '../../storm/checks.ts';
import { Client, Managed } from '../../storm/managed.ts';
import { Observed, PublishTally } from '../../storm/observed.ts';
import { Clocks } from './clocks.ts';
import { LongStep } from './long-step.ts';
import { Questions } from './questions.ts';

/** below this (minutes) a second rig takes longer to start than the experiment */
const FROM_MINUTES = 1;
const STEPPING_MS = 120_000;
const STEP_EVERY_MS = [300, 2_000] as const;
/** clocks are off by up to so many seconds, in both directions */
const MAX_OFFSET_S = 30 * 60 * 60;
const OBSERVED_AT_ONCE = 3;
const MANAGED_AT_ONCE = 3;
const EVENTS_PER_REQUEST = [30, 100] as const;
const PACE_MS = [5, 40] as const;
const END_WITHIN_MS = 60_000;

/** P1, P2 and P6 where no two clocks agree, and none goes evenly */
export const clock: Experiment = {
  name: 'clock',
  about: `wall clocks of the services hours apart, and stepped while they run (from --minutes ${FROM_MINUTES})`,
  run,
};

async function run({ rig: { plant }, minutes, random, scaled, say }: Trial): Promise<readonly Verdict[]> {
  if (minutes < FROM_MINUTES) {
    say(`left out: a second rig takes longer to start than a run of ${minutes} minutes has`);
    return [];
  }
  const clocks = await Clocks.open(say);
  const offset = () => random.between(-MAX_OFFSET_S, MAX_OFFSET_S);
  const env = (name: InstanceName) => {
    clocks.set(name, offset());
    return clocks.env(name);
  };
  const rig = await startRig({ plant, env });
  let kept = false;
  try {
    let steps = 0;
    const step = () => {
      steps += 1;
      clocks.set(random.pick(rig.stack.instances), offset());
    };
    const verdicts = await onRig(rig, random.fork(), scaled(STEPPING_MS, 15_000), step, () => steps);
    kept = verdicts.every(({ broken }) => broken.length === 0);
    return verdicts;
  } finally {
    const logs = await rig.stop(!kept && plant === undefined);
    if (logs !== undefined) say(`the services whose clocks were stepped said: ${logs}`);
    clocks.close();
  }
}

async function onRig(
  rig: Rig,
  random: Random,
  forMs: number,
  step: () => void,
  steps: () => number,
): Promise<readonly Verdict[]> {
  const { urls } = rig.stack;
  const broker = Broker.open({ url: rig.broker.url, name: 'chaos', logger: createLogger('chaos', 'fatal') });
  const publisher = await Publisher.open(rig.broker.url);
  await broker.ready();
  const client = new Client(urls, random.fork());
  const tally = new PublishTally();
  const observed: Observed[] = [];
  const managed: Managed[] = [];
  const longSteps: LongStep[] = [];
  const questions = new Questions(publisher, client, rig.stack.url);
  let calm = false;
  let givenUp = false;
  const again = (hands: number, once: (own: Random) => Promise<void>): Promise<void>[] =>
    Array.from({ length: hands }, async () => {
      const own = random.fork();
      while (!calm) await once(own);
    });
  const working = [
    ...again(OBSERVED_AT_ONCE, async (own) => {
      const request = new Observed(`clock-${observed.length + 1}`, broker, tally, own.fork(), urls);
      observed.push(request);
      await request.run(own.between(...EVENTS_PER_REQUEST), own.between(...PACE_MS), () => calm);
    }),
    ...again(MANAGED_AT_ONCE, async (own) => {
      const request = new Managed(client, own.fork(), urls);
      managed.push(request);
      await request.run(() => givenUp);
    }),
    ...again(1, async () => {
      const request = new LongStep(client, rig.stack.url);
      longSteps.push(request);
      await request.run(() => givenUp);
    }),
    ...again(1, () => questions.ask(`clock-asked-${questions.answered + 1}`)),
  ];

  const until = performance.now() + forMs;
  while (performance.now() < until) {
    step();
    await delay(random.between(...STEP_EVERY_MS));
  }
  calm = true;
  const calmAt = performance.now();
  const ended = () => observed.every(({ watchers }) => watchers.every(({ endedAt }) => endedAt !== undefined));
  await Promise.race([
    Promise.all(working).then(async () => {
      while (!ended() && !givenUp) await delay(100);
    }),
    delay(END_WITHIN_MS, undefined, { ref: false }),
  ]);
  givenUp = true;
  const off = `${steps()} steps of up to ${MAX_OFFSET_S / 3600} h`;
  const once = eventsOnce(observed, managed, calmAt, off);
  const seen = new Seen();
  for (const { log } of observed) seen.keep(log);
  const verdicts = [
    once,
    publishesSettle(tally, observed),
    effectsOnce(managed),
    timely(longSteps, questions),
    await storedIsFold(rig.postgres.url, seen),
    {
      promise: '--  no service ends by itself because its clock was stepped',
      figures: `${rig.ownDeaths.length} ended by themselves`,
      broken: rig.ownDeaths,
    },
  ];
  for (const { watchers } of observed) for (const watcher of watchers) watcher.close();
  for (const { watcher } of managed) watcher.close();
  client.close();
  await publisher.close();
  await broker.close();
  return verdicts;
}

function timely(longSteps: readonly LongStep[], questions: Questions): Verdict {
  const { answered, expired, soonestMs, latestMs } = questions;
  const broken = [...longSteps.flatMap((request) => request.broken), ...questions.broken, ...questions.untimely()];
  if (expired === 0) broken.push('no question came to its end');
  return {
    promise: '--  what time decides, the database’s clock decides: leases, questions',
    figures: `${count(longSteps.length)} steps longer than a lease ran once; ${count(answered)} questions answered in time, ${count(expired)} expired after ${(soonestMs / 1000).toFixed(1)} to ${(latestMs / 1000).toFixed(1)} s (3 s were given)`,
    broken,
  };
}
