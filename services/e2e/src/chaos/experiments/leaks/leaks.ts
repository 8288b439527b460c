import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@stepwire/testing';
import { endOf, timedEvent } from '../../crowd/crowd.ts';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { Publisher } from '../../publisher.ts';
import type { Random } from '../../random.ts';
import { Counter, FEED_BINDINGS, type Figures } from './figures.ts';
import { politeVisit, rudeVisit } from './visits.ts';

const VISITS = 20_000;
const AT_ONCE = 40;
const REQUESTS = 40;
/** rooms of one visit */
const ROOMS = [1, 3] as const;
const RUDE = 0.6;
/**
 * A shard stays bound for 10 s after its last room; a session of long polling whose client is gone ends after a ping that is
 * not answered (25 and 20 s).
 */
const BACK_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

/** P11: nothing leaks. */
export const leaks: Experiment = {
  name: 'leaks',
  about: 'clients that come and go in every way, and what is left of them',
  run,
};

async function run({ rig, random, scaled }: Trial): Promise<readonly Verdict[]> {
  const { urls } = rig.stack;
  const ids = await someRequests(rig.broker.url);
  const visits = scaled(VISITS, 600);
  // what takes long to be noticed is for runs that have the time
  const slow = visits > VISITS / 10;
  const counter = await Counter.open(rig);
  const broken: string[] = [];
  try {
    await warmUp(urls, ids, random.fork());
    // what others left: a shard stays bound for a while after its last room
    const unbound = async () => (await counter.outside()).get(FEED_BINDINGS) === 0;
    await waitFor(unbound, { timeoutMs: BACK_WITHIN_MS, everyMs: LOOK_EVERY_MS }).catch(() => {
      broken.push('shards are bound, and nobody watches');
    });
    const insideBefore = await counter.inside();
    const outsideBefore = await counter.outside();
    const startedAt = performance.now();
    const tally = await visitAll(visits, urls, ids, random.fork(), slow);
    const seconds = (performance.now() - startedAt) / 1000;
    const highest = await counter.outside();
    const outsideAfter = await backTo(outsideBefore, counter);
    const insideAfter = await counter.inside();
    const backMs = performance.now() - startedAt - seconds * 1000;
    broken.push(...grown(outsideBefore, outsideAfter), ...grown(insideBefore, insideAfter));
    return [
      {
        promise: 'P11 nothing leaks: what a connection takes is given back',
        figures: `${count(visits)} connections in ${seconds.toFixed(0)} s (${[...tally].map(([how, n]) => `${count(n)} ${how}`).join(', ')}); right after them ${words(difference(outsideBefore, highest))}; back after ${(backMs / 1000).toFixed(0)} s: ${outsideAfter.size + insideAfter.size} figures compared, ${words(outsideAfter, /gateway: file|broker|sessions/)}; ${words(insideAfter, /^gateway: (Room|Watch|Socket|Timeout) /)}`,
        broken,
      },
    ];
  } finally {
    counter.close();
  }
}

/** Some that go on, some that have ended, and some that nobody has heard of. */
async function someRequests(amqpUrl: string): Promise<readonly string[]> {
  const run = randomUUID().slice(0, 8);
  const ids = Array.from({ length: REQUESTS }, (_, i) => `visited-${run}-${i}`);
  const publisher = await Publisher.open(amqpUrl);
  for (const [i, requestId] of ids.entries()) {
    if (i % 3 === 0) continue;
    await publisher.publish(timedEvent(requestId, 1, 'hello'));
    if (i % 3 === 1) await publisher.publish(endOf(requestId));
  }
  await publisher.close();
  return ids;
}

async function visitAll(
  visits: number,
  urls: readonly string[],
  ids: readonly string[],
  random: Random,
  slow: boolean,
): Promise<ReadonlyMap<string, number>> {
  const tally = new Map<string, number>();
  let left = visits;
  const visitor = async (own: Random) => {
    while (left > 0) {
      left -= 1;
      const rooms = Array.from({ length: ids.length === 0 ? 0 : own.between(...ROOMS) }, () => own.pick(ids));
      const url = own.pick(urls);
      const rude = own.chance(RUDE);
      const how = rude ? `dropped after ${await rudeVisit(url, rooms, own, slow)}` : 'with a goodbye';
      if (!rude) await politeVisit(url, rooms, own);
      tally.set(how, (tally.get(how) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => visitor(random.fork())));
  return tally;
}

/** Looks until nothing is above `before`, or {@link BACK_WITHIN_MS} are over. */
async function backTo(before: Figures, counter: Counter): Promise<Figures> {
  const until = performance.now() + BACK_WITHIN_MS;
  for (;;) {
    const figures = await counter.outside();
    if (grown(before, figures).length === 0 || performance.now() > until) return figures;
    await delay(LOOK_EVERY_MS);
  }
}

/** A process makes some things once, at first need: pools fill. No room is made by this. */
async function warmUp(urls: readonly string[], ids: readonly string[], random: Random): Promise<void> {
  const reads = Array.from({ length: 50 }, (_, i) =>
    fetch(`${urls[i % urls.length]}/api/requests/${ids[i % ids.length]}`),
  );
  for (const response of await Promise.all(reads)) await response.text();
  await visitAll(100, urls, [], random, false);
}

/** Nothing at all may be more than before: these are counts, and the system has nothing else to do. */
function grown(before: Figures, after: Figures): string[] {
  return [...difference(before, after)]
    .filter(([, more]) => more > 0)
    .map(([what, more]) => `${what}: ${(after.get(what) ?? 0) - more} before, ${after.get(what)} after`);
}

function difference(before: Figures, after: Figures): Figures {
  const more = [...after].map(([what, n]) => [what, n - (before.get(what) ?? 0)] as const);
  return new Map(more.filter(([, n]) => n !== 0));
}

const words = (figures: Figures, only = /./): string =>
  [...figures].flatMap(([what, n]) => (only.test(what) ? [`${what} ${count(n)}`] : [])).join(', ') || 'all the same';
