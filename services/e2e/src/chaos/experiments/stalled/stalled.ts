import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@stepwire/testing';
import { median, percentiles } from '../../../bench/statistics.ts';
import { Crowd, endOf, timedEvent } from '../../crowd/crowd.ts';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { Publisher } from '../../publisher.ts';
import type { Rig } from '../../rig.ts';

const STALLED = 200;
const ROOMS = 5;
const HEALTHY_PER_ROOM = 5;
const EVENT_BYTES = 40_000;
const EVENTS_PER_SECOND = 50;
const ROUNDS = 4;
const CALM_MS = 8_000;
/** latencies are compared second by second, in both gateways */
const WINDOW_MS = 1_000;
const SAMPLE_MS = 100;
/** all are cut within this (ms): a backlog of 1 MiB and what two kernels hold come together at 400 KB/s */
const CUT_WITHIN_MS = 60_000;
const RESUMED_WITHIN_MS = 90_000;
/** the default of MAX_BACKLOG_BYTES */
const CAP_BYTES = 1024 * 1024;
const ALLOWED_BYTES = 50e6;
const MAX_RATIO = 1.2;

/**
 * P8: a reader that does not read harms nobody. The other gateway has the same rooms and as many who read, and none who
 * do not: its latencies in the same second say what the machine made of that second.
 */
export const stalled: Experiment = {
  name: 'stalled',
  about: 'clients of a frozen process on one gateway, beside clients that read',
  run,
};

async function run({ rig, scaled, say }: Trial): Promise<readonly Verdict[]> {
  const [url = '', otherUrl = ''] = rig.stack.urls;
  const stalledCount = scaled(STALLED, 40);
  const rounds = scaled(ROUNDS, 1);
  const run = randomUUID().slice(0, 8);
  const rooms = Array.from({ length: scaled(ROOMS, 2) }, (_, i) => `stalled-${run}-${i}`);
  const publisher = await Publisher.open(rig.broker.url);
  const places = rooms.flatMap((requestId) =>
    [url, otherUrl].flatMap((of) => Array.from({ length: HEALTHY_PER_ROOM }, () => ({ url: of, requestId }))),
  );
  const healthy = new Crowd(places);
  await allJoined(healthy, 1);
  const feed = startFeed(publisher, rooms);
  const tally = new Tally();
  // processes grow into their work first
  await measure(rig, healthy, tally.warmUp, scaled(CALM_MS, 1_500), () => false);

  const broken: string[] = [];
  let cut = 0;
  let cutMs = 0;
  let grownBytes = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const before = await measure(rig, healthy, tally.without, scaled(CALM_MS, 2_000), () => false);
    const roomOf = (i: number) => rooms[i % rooms.length] ?? '';
    const crowd = new Crowd(Array.from({ length: stalledCount }, (_, i) => ({ url, requestId: roomOf(i) })));
    await allJoined(crowd, 1);
    const cutBefore = cutsOf(rig);
    await crowd.freeze();
    const startedAt = performance.now();
    const allCut = () => cutsOf(rig) - cutBefore >= stalledCount;
    const during = await measure(rig, healthy, tally.with, CUT_WITHIN_MS, allCut);
    const cutNow = cutsOf(rig) - cutBefore;
    cut += cutNow;
    if (cutNow !== stalledCount) broken.push(`round ${round}: ${cutNow} of ${stalledCount} were cut off`);
    cutMs = Math.max(cutMs, performance.now() - startedAt);
    grownBytes = Math.max(grownBytes, during - before);
    // Those who come back have megabytes to read, all of them in one thread: live events would make them slow anew.
    await feed.pause();
    crowd.thaw();
    await allJoined(crowd, 2).catch(() => undefined);
    // and once they are back, they hear what comes
    await feed.oneForEach();
    const heads = new Map(places.map(({ requestId }, i) => [requestId, i]));
    const atHead = async () => {
      const [those, these] = await Promise.all([crowd.report(), healthy.report()]);
      return those.last.every((last, i) => last === these.last[heads.get(roomOf(i)) ?? -1]);
    };
    await waitFor(atHead, { timeoutMs: RESUMED_WITHIN_MS, everyMs: 200 }).catch(() => undefined);
    const { joins, broken: complaints } = await crowd.report();
    broken.push(...complaints);
    const away = joins.filter((times) => times < 2).length;
    if (away > 0) broken.push(`round ${round}: ${away} of ${stalledCount} did not come back by themselves`);
    if (!(await atHead())) broken.push(`round ${round}: not all who came back are at the head`);
    await crowd.close();
    feed.resume();
    say(`round ${round}: ${cutNow} cut off, gateway from ${mb(before)} to ${mb(during)} MB`);
  }
  await feed.pause();
  await Promise.all(rooms.map((requestId) => publisher.publish(endOf(requestId))));
  const all = async () => (await healthy.report()).ended.every(Boolean);
  await waitFor(all, { timeoutMs: RESUMED_WITHIN_MS, everyMs: 200 }).catch(() => undefined);
  const { ended, broken: complaints } = await healthy.report();
  const open = ended.filter((it) => !it).length;
  if (open > 0)
    broken.push(`${open} of those who read are not at the head ${RESUMED_WITHIN_MS / 1000} s after the end`);
  broken.push(...complaints);
  await healthy.close();
  await publisher.close();

  const mayGrow = stalledCount * CAP_BYTES + ALLOWED_BYTES;
  const memory = grownBytes > mayGrow ? [`the gateway grew by ${mb(grownBytes)} MB, ${mb(mayGrow)} are allowed`] : [];
  return [
    {
      promise: 'P8  who does not read is cut off, costs the gateway its cap, and resumes by itself exactly',
      figures: `${rounds} × ${stalledCount} stalled, ${count(cut)} cut (slow_consumer) within ${(cutMs / 1000).toFixed(1)} s; resident memory of the gateway, garbage included, grew by ${mb(grownBytes)} MB, allowed ${mb(mayGrow)}; ${count(feed.published)} events of ${EVENT_BYTES / 1000} KB`,
      broken: [...broken, ...memory],
    },
    tally.verdict(),
  ];
}

const mb = (bytes: number): string => (bytes / 1e6).toFixed(0);

const allJoined = (crowd: Crowd, times: number): Promise<boolean> =>
  waitFor(async () => (await crowd.report()).joins.every((joins) => joins >= times), {
    timeoutMs: RESUMED_WITHIN_MS,
    everyMs: 100,
    what: 'all of a crowd to be let in',
  });

const cutsOf = ({ stack }: Rig): number => stack.logs('gateway').split('whose backlog went over its cap').length - 1;

/** Every window's p99 at the gateway of the stalled ones, and in the same window at the other one. */
interface Pairs {
  readonly here: number[];
  readonly there: number[];
}

/** @returns the highest resident memory of the gateway (bytes) while it lasted: until `done`, at most `forMs` */
async function measure(rig: Rig, healthy: Crowd, pairs: Pairs, forMs: number, done: () => boolean): Promise<number> {
  const [url = '', otherUrl = ''] = rig.stack.urls;
  const until = performance.now() + forMs;
  let highest = 0;
  await healthy.report();
  while (performance.now() < until && !done()) {
    const windowEnds = performance.now() + WINDOW_MS;
    while (performance.now() < windowEnds) {
      highest = Math.max(highest, residentBytes(rig.stack.pid('gateway')));
      await delay(SAMPLE_MS);
    }
    const { latencies } = await healthy.report();
    const [here = Number.NaN] = percentiles(latencies.get(url) ?? [], [99]);
    const [there = Number.NaN] = percentiles(latencies.get(otherUrl) ?? [], [99]);
    if (Number.isNaN(here + there)) continue;
    pairs.here.push(here);
    pairs.there.push(there);
  }
  return highest;
}

/** proc(5), /proc/pid/status */
const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;

class Tally {
  readonly warmUp: Pairs = { here: [], there: [] };
  readonly without: Pairs = { here: [], there: [] };
  readonly with: Pairs = { here: [], there: [] };

  /**
   * Broken only where the machine's noise cannot have done it: where even the low end of the median ratio with the stalled,
   * over the high end of that without, both by the sign test, is above what is allowed. With fewer than 7 seconds of either there
   * is no such end, and the ratio only informs.
   */
  verdict(): Verdict {
    const usual = median(ratios(this.without));
    const ratio = median(ratios(this.with)) / usual;
    const low = lowEnd(ratios(this.with)) * lowEnd(ratios(this.without).map((ratio) => 1 / ratio));
    const [here, there] = [this.with.here, this.with.there].map((values) => median(values).toFixed(1));
    return {
      promise: 'P8  the others feel nothing of it: p99 within 1.2×',
      figures: `median ratio ${ratio.toFixed(2)} (surely above ${low.toFixed(2)}); p99 ${here} ms beside ${there} ms on the other gateway, medians of ${this.with.here.length} seconds with and ${this.without.here.length} without`,
      broken:
        low > MAX_RATIO ? [`the p99 of those who read is ${ratio.toFixed(2)}× what it is without the stalled`] : [],
    };
  }
}

const ratios = ({ here, there }: Pairs): number[] => here.map((ms, i) => ms / (there[i] ?? Number.NaN));

/** The value that the median of what these are samples of is above, with a probability of 99 %; 0 for fewer than 7. */
function lowEnd(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  let below = 0;
  let ways = 1;
  // the chance that at most k of n samples fall below the median: binomial with p = 1/2
  for (let k = 0; k < sorted.length; k += 1) {
    below += ways / 2 ** sorted.length;
    if (below > 0.01) return sorted[k - 1] ?? 0;
    ways *= (sorted.length - k) / (k + 1);
  }
  return 0;
}

function startFeed(publisher: Publisher, rooms: readonly string[]) {
  const text = 'x'.repeat(EVENT_BYTES);
  const pending = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  const one = () => {
    const n = feed.published;
    feed.published += 1;
    const confirmed = publisher.publish(timedEvent(rooms[n % rooms.length] ?? '', n, text));
    pending.add(confirmed);
    void confirmed.then(() => pending.delete(confirmed));
  };
  const feed = {
    published: 0,
    resume: () => {
      timer = setInterval(one, 1000 / EVENTS_PER_SECOND);
    },
    /** Resolves when all is confirmed. */
    pause: async () => {
      clearInterval(timer);
      await Promise.all(pending);
    },
    oneForEach: async () => {
      for (const _ of rooms) one();
      await Promise.all(pending);
    },
  };
  feed.resume();
  return feed;
}
