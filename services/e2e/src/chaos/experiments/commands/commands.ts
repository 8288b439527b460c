import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceName } from '@stepwire/testing';
import type { Experiment, Trial, Verdict } from '../../experiment.ts';
import type { Random } from '../../random.ts';
import type { FaultKind } from '../../storm/faults.ts';
import { carryOut } from '../../storm/hit.ts';
import { Commander } from './commander.ts';
import { ObservedAgent } from './observed-agent.ts';
import { Commanded } from './request.ts';
import { again, observedScenes, type Scene, scenes, withoutExecutors } from './scenes.ts';
import { effectsOnce } from './verdict.ts';

const COMMANDS = 5_000;
const AT_ONCE = 24;
const OBSERVED_SHARE = 0.15;
/** of the requests that have ended, how many are commanded again */
const AGAIN_SHARE = 0.3;
/** from one fault's end to the next (ms) */
const CALM_MS = [200, 2_500] as const;
const WITHOUT_EXECUTORS = 6;
/** after the last command, everything must have come to its end (ms); leases and questions may have to run out first */
const END_WITHIN_MS = 60_000;

type Strike = readonly [kind: FaultKind, target: InstanceName];
const strikes: readonly Strike[] = [
  ['kill', 'gateway'],
  ['kill', 'gateway 2'],
  ['kill', 'coordinator'],
  ['kill', 'coordinator 2'],
  ['kill-after-commit', 'coordinator'],
  ['kill-after-commit', 'coordinator 2'],
  ['kill-before-commit', 'coordinator'],
  ['kill', 'planner'],
];

/** P6 */
export const commands: Experiment = {
  name: 'commands',
  about: 'each command sent three times, through both gateways, while what takes them is killed',
  run,
};

async function run({ rig, random, seen, scaled, say }: Trial): Promise<readonly Verdict[]> {
  const target = scaled(COMMANDS, 100);
  const { urls } = rig.stack;
  const commander = new Commander(urls, random.fork());
  const agent = await ObservedAgent.open(rig.broker.url);
  const ofAgent = observedScenes(agent);
  const requests: Commanded[] = [];
  let givenUp = false;
  const play = async (scene: Scene, own: Random, observed = false): Promise<void> => {
    const request = new Commanded(scene.name, commander, own, urls, () => givenUp, observed);
    requests.push(request);
    await request.watcher.entered;
    await scene.play(request);
    await request.ended();
    if (own.chance(AGAIN_SHARE)) await again(request);
    // what came after the end would have come by now, or with the next of its many commands
    request.watcher.close();
    if (request.watcher.endedAt !== undefined) seen.keep(request.watcher.log);
  };
  const commanded = () => requests.reduce((sum, request) => sum + request.commands, 0);
  const playing = Array.from({ length: Math.min(AT_ONCE, target / 8) }, async () => {
    const own = random.fork();
    while (commanded() < target) {
      const observed = own.chance(OBSERVED_SHARE);
      await play(pickByWeight(own, observed ? ofAgent : scenes), own.fork(), observed);
    }
  });

  const counts = new Map<string, number>();
  const strikesRandom = random.fork();
  const noExecutors = async () => {
    const played = Promise.withResolvers<void>();
    const dead = (['executor', 'executor 2'] as const).map((name) => rig.kill(name, () => played.promise));
    await Promise.race([delay(300), ...dead]);
    const own = strikesRandom.fork();
    const many = Array.from({ length: WITHOUT_EXECUTORS }, (_, i) =>
      play(withoutExecutors[i % withoutExecutors.length] ?? pickByWeight(own, withoutExecutors), own.fork()),
    );
    // half of them end now, half when executors are there again
    await delay(1_500);
    played.resolve();
    await Promise.all([...many, ...dead]);
  };
  const breaking = (async () => {
    while (commanded() < target) {
      for (const [kind, name] of shuffled(strikesRandom, strikes)) {
        await delay(strikesRandom.between(...CALM_MS));
        if (commanded() >= target) return;
        const hit = await carryOut(rig, { atMs: 0, kind, target: name, holdMs: strikesRandom.between(0, 500) });
        const what = `${kind} ${name.replace(/ \d+$/, '')}`;
        if (hit) counts.set(what, (counts.get(what) ?? 0) + 1);
      }
      await noExecutors();
    }
  })();
  // also where so few are due that no round comes to its end
  const early = noExecutors();
  await Promise.race([
    Promise.all([...playing, breaking, early]),
    (async () => {
      while (commanded() < target) await delay(100);
      say('No more commands; waiting for all to come to their ends');
      await delay(END_WITHIN_MS);
    })(),
  ]);
  givenUp = true;
  await breaking;
  await rig.ready();
  const faults = [...counts].map(([what, times]) => `${times} × ${what}`).join(', ');
  const verdict = effectsOnce(requests, agent, faults);
  for (const { watcher } of requests) watcher.close();
  commander.close();
  await agent.close();
  return [verdict];
}

function pickByWeight(random: Random, among: readonly Scene[]): Scene {
  return random.pick(among.flatMap((scene) => Array<Scene>(scene.weight).fill(scene)));
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
