import { setTimeout as delay } from 'node:timers/promises';
import { Broker } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import { waitFor } from '@stepwire/testing';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { Seen } from '../../request-log.ts';
import { storedIsFold } from '../../stored.ts';
import { effectsOnce, eventsOnce, HEAD_WITHIN_MS } from '../../storm/checks.ts';
import { Client, Managed } from '../../storm/managed.ts';
import { Observed, PublishTally } from '../../storm/observed.ts';
import { Asking } from './asking.ts';
import { type KillTally, killAgainAndAgain } from './kills.ts';

const KILLS = 300;
// Most commits are to be those that matter: with commands to agents, timers, and answers that somebody waits for. What is
// only published comes again, word for word, however it was lost.
const PUBLISHERS = 2;
const MANAGED_AT_ONCE = 3;
const ASKING_AT_ONCE = 12;
const EVENTS_PER_REQUEST = [10, 80] as const;
const PACE_MS = [20, 150] as const;
/** after the last kill; leases may have to run out first, more than once (ms) */
const END_WITHIN_MS = 60_000;

/** P5: whatever a coordinator was at when it died, what is stored fits together, and is what watchers saw. */
export const commits: Experiment = {
  name: 'commits',
  about: 'coordinators are killed, most of them just before or after a COMMIT',
  run,
};

async function run({ rig, random, scaled, seen, say }: Trial): Promise<readonly Verdict[]> {
  const { urls } = rig.stack;
  const broker = Broker.open({ url: rig.broker.url, name: 'chaos', logger: createLogger('chaos', 'fatal') });
  await broker.ready();
  const client = new Client(urls, random.fork());
  const publishes = new PublishTally();
  const observed: Observed[] = [];
  const managed: Managed[] = [];
  const asking: Asking[] = [];
  let calm = false;
  let givenUp = false;

  const flow = (times: number, next: (own: Trial['random']) => Promise<void>) =>
    Array.from({ length: times }, async () => {
      const own = random.fork();
      while (!calm) await next(own);
    });
  const flows = [
    ...flow(PUBLISHERS, async (own) => {
      const request = new Observed(`commits-${observed.length + 1}`, broker, publishes, own.fork(), urls);
      observed.push(request);
      await request.run(own.between(...EVENTS_PER_REQUEST), own.between(...PACE_MS), () => calm);
    }),
    ...flow(MANAGED_AT_ONCE, async (own) => {
      const request = new Managed(client, own.fork(), urls);
      managed.push(request);
      await request.run(() => givenUp);
    }),
    ...flow(ASKING_AT_ONCE, async (own) => {
      const request = new Asking(client, own.fork(), urls);
      asking.push(request);
      await request.run(() => givenUp);
    }),
  ];

  const kills = scaled(KILLS, 6);
  let left = kills;
  const tally: KillTally = new Map();
  const startedAt = performance.now();
  const more = () => {
    left -= 1;
    return left >= 0;
  };
  await Promise.all(
    (['coordinator', 'coordinator 2'] as const).map((name) => killAgainAndAgain(rig, name, random.fork(), more, tally)),
  );
  const calmAt = performance.now();
  calm = true;
  const times = [...tally].map(([what, number]) => `${number} × ${what}`).join(', ');
  say(`${count(kills)} kills in ${((calmAt - startedAt) / 1000).toFixed(0)} s: ${times}`);
  await Promise.race([
    Promise.all(flows).then(() =>
      waitFor(() => observed.every(({ watchers }) => watchers.every(({ endedAt }) => endedAt !== undefined)), {
        timeoutMs: HEAD_WITHIN_MS,
        // the checks tell who is not at the head
      }).catch(() => undefined),
    ),
    delay(END_WITHIN_MS, undefined, { ref: false }),
  ]);
  givenUp = true;

  const own = new Seen();
  for (const { log } of [...observed, ...[...managed, ...asking].map(({ watcher }) => watcher)]) {
    own.keep(log);
    seen.keep(log);
  }
  const verdicts = [
    eventsOnce(observed, managed, calmAt, `${kills} kills`),
    effectsOnce(managed),
    {
      promise: 'P6  an answer takes effect once',
      figures: `${count(asking.length)} requests that asked, each answered twice`,
      broken: asking.flatMap((request) => request.complaints()),
    },
    afterKills(await storedIsFold(rig.postgres.url, own), `${count(kills)} kills: ${times}`),
  ];
  for (const { watchers } of observed) for (const watcher of watchers) watcher.close();
  for (const { watcher } of [...managed, ...asking]) watcher.close();
  client.close();
  await broker.close();
  return verdicts;
}

const afterKills = ({ figures, ...verdict }: Verdict, kills: string): Verdict => ({
  ...verdict,
  figures: `after ${kills}; ${figures}`,
});
