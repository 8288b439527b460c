import type { InstanceName } from '@stepwire/testing';
import { waitFor } from '@stepwire/testing';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { Publisher } from '../../publisher.ts';
import type { RequestLog } from '../../request-log.ts';
import { Client } from '../../storm/managed.ts';
import { isObject } from '../../watcher.ts';
import { CursorClient } from '../cursors/client.ts';
import { hasEnded, ManagedAtRandom, ObservedAtRandom, type RandomRequest } from './random-request.ts';

const REQUESTS = 10_000;
const PER_BATCH = 200;
const MANAGED_SHARE = 0.02;
/** of the batches: in the middle of their requests both coordinators are killed, and go on from what is stored */
const KILLED_SHARE = 0.25;
const AT_ONCE = 16;
/** with coordinators that were killed, leases that run out among it */
const ENDED_WITHIN_MS = 60_000;

interface Tally {
  states: number;
  events: number;
  managed: number;
  read: number;
  kills: number;
  readonly broken: string[];
}

/** P4: the state at n, and what follows it, are the fold of everything, byte for byte. */
export const snapshots: Experiment = {
  name: 'snapshots',
  about: 'states of random requests against the fold of their events',
  run,
};

async function run(trial: Trial): Promise<readonly Verdict[]> {
  const { rig, random, scaled } = trial;
  const publisher = await Publisher.open(rig.broker.url);
  const client = new Client(rig.stack.urls, random.fork());
  const requests = scaled(REQUESTS, 100);
  const tally: Tally = { states: 0, events: 0, managed: 0, read: 0, kills: 0, broken: [] };
  const startedAt = performance.now();
  for (let made = 0, batch = 0; made < requests; batch += 1) {
    const size = Math.min(PER_BATCH, requests - made);
    const prefix = `snapshots-${batch + 1}`;
    const all = Array.from({ length: size }, (_, i) =>
      random.chance(MANAGED_SHARE)
        ? new ManagedAtRandom(client, random.fork())
        : new ObservedAtRandom(`${prefix}-${i + 1}`, publisher, random.fork()),
    );
    // the first too: a short run has no other
    await watchBatch(trial, all, batch === 0 || random.chance(KILLED_SHARE), tally);
    made += size;
  }
  await publisher.close();
  client.close();
  const seconds = (performance.now() - startedAt) / 1000;
  return [
    {
      promise: 'P4  the state at n and what follows it are the fold of everything, byte for byte',
      figures: `${count(requests)} random requests (${count(tally.managed)} managed) with ${count(tally.events)} events, ${count(tally.states)} states held against the fold, ${count(tally.read)} of them by REST, both coordinators killed ${tally.kills} times in the middle, in ${seconds.toFixed(0)} s`,
      broken: tally.broken,
    },
  ];
}

async function watchBatch(
  trial: Trial,
  requests: readonly RandomRequest[],
  kill: boolean,
  tally: Tally,
): Promise<void> {
  const { rig, random, seen } = trial;
  const { urls } = rig.stack;
  const [first = '', second = ''] = random.chance(0.5) ? urls : [...urls].reverse();
  const watching = [new CursorClient(first, 'log'), new CursorClient(second, 'guide'), new CursorClient(second, 'log')];
  const [recorder, ...late] = watching;
  for (const client of watching) await client.connect();
  await eachOf(requests, async ({ log }) => void (await recorder?.join(log, {})));

  const halves = Promise.all(requests.map((request) => request.firstHalf()));
  // in the middle of the first half
  await eachOf(some(requests, random), async ({ log }) => void (await random.pick(late).join(log, {})));
  await halves;
  if (kill) {
    await Promise.all((['coordinator', 'coordinator 2'] satisfies InstanceName[]).map((name) => rig.kill(name)));
    tally.kills += 1;
  }
  const rest = Promise.all(requests.map((request) => request.secondHalf()));
  await eachOf(some(requests, random), async ({ log }) => void (await read(random.pick(urls), log, tally)));
  await eachOf(some(requests, random), async ({ log }) => void (await random.pick(late).join(log, {})));
  await rest;
  const ended = () => {
    for (const { log } of requests) tally.broken.push(...log.settle());
    return requests.every(hasEnded) && watching.every(({ open }) => open.every(({ complete }) => complete));
  };
  await waitFor(ended, { timeoutMs: ENDED_WITHIN_MS, everyMs: 100 }).catch(() => undefined);
  await eachOf(requests, async ({ log }) => {
    if (!(await read(random.pick(urls), log, tally))) tally.broken.push(`${log.requestId}: could not be read`);
  });

  for (const request of requests) {
    const { log, managed } = request;
    tally.broken.push(...log.settle(), ...log.leftOver());
    if (!hasEnded(request)) tally.broken.push(`${log.requestId}: is ${log.state.status} at ${log.length}`);
    tally.states += log.statesChecked;
    tally.events += log.length;
    if (managed) tally.managed += 1;
    seen.keep(log);
  }
  for (const client of watching) {
    for (const stay of client.open) tally.broken.push(...stay.complaints(true));
    for (const stay of client.ended) tally.broken.push(...stay.complaints(false));
    tally.broken.push(...client.broken);
    client.close();
  }
}

/** By REST. @returns whether it was answered; while the coordinators are away it is not */
async function read(url: string, log: RequestLog, tally: Tally): Promise<boolean> {
  const response = await fetch(`${url}/api/requests/${encodeURIComponent(log.requestId)}`);
  const text = await response.text();
  if (!response.ok) return false;
  const state: unknown = JSON.parse(text);
  if (!isObject(state) || JSON.stringify(state) !== text) tally.broken.push(`${log.requestId}: ${text.slice(0, 200)}`);
  else log.told('REST', state);
  tally.read += 1;
  return true;
}

const some = <T>(list: readonly T[], random: Trial['random']): readonly T[] => list.filter(() => random.chance(0.3));

/** All of them, a few at a time. */
async function eachOf<T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = list.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await work(item);
    }),
  );
}
