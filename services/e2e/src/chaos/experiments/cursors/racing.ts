import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@stepwire/testing';
import { count, type Trial, type Verdict } from '../../experiment.ts';
import type { Publisher } from '../../publisher.ts';
import type { Random } from '../../random.ts';
import { CursorClient } from './client.ts';
import { drawCursor } from './cursor.ts';
import { breakReading } from './faults.ts';
import { Published } from './requests.ts';
import type { Stay } from './stay.ts';

const PUBLISHERS = 10;
const JOINERS = 24;
const EVENTS_PER_REQUEST = [5, 300] as const;
const BURSTS = [1, 8] as const;
const PAUSES_MS = [0, 25] as const;
/** how long somebody stays before they do the next thing (ms); often not at all */
const STAYS_MS = [0, 60] as const;
/** a gateway that can't let anybody in is asked again (ms) */
const AGAIN_AFTER_MS = 200;
const AT_HEAD_WITHIN_MS = 30_000;

/** Joins, leaves and comes back while publishers publish, in rooms that are made and dropped all the time. */
export async function joinWhileItHappens(trial: Trial, publisher: Publisher, joins: number): Promise<Verdict> {
  const { rig, random, say, seen } = trial;
  const { urls } = rig.stack;
  const published: Published[] = [];
  let left = joins;
  const startedAt = performance.now();
  const recorders = await Promise.all(
    urls.map(async (url) => {
      const recorder = new CursorClient(url, 'log');
      await recorder.connect();
      return recorder;
    }),
  );
  /** one request after the other; the next one is known, and joined, before it comes to be */
  const coming = Array.from(
    { length: PUBLISHERS },
    (_, i) => new Published(`racing-${i + 1}`, publisher, random.fork()),
  );
  const publishing = coming.map(async (first, i) => {
    const own = random.fork();
    for (let request = first; ; ) {
      published.push(request);
      // Half of them are watched by nobody but those who race: their rooms are made and dropped.
      if (own.chance(0.5)) {
        const recorder = own.pick(recorders);
        while ((await recorder.join(request.log, {})) === 'away') await delay(AGAIN_AFTER_MS);
      }
      const next = new Published(`racing-${i + 1}-${published.length}`, publisher, own.fork());
      coming[i] = next;
      await request.run(own.between(...EVENTS_PER_REQUEST), BURSTS, PAUSES_MS);
      if (left <= 0) return;
      request = next;
    }
  });
  const joiners = Array.from(
    { length: JOINERS },
    (_, i) => new CursorClient(urls[i % urls.length] ?? '', i % 4 < 2 ? 'guide' : 'log'),
  );
  const stays: Stay[] = [];
  let away = 0;
  const joining = joiners.map(async (client) => {
    const own = random.fork();
    await client.connect();
    while (left > 0) {
      const request = own.chance(0.9) ? own.pick(published.slice(-2 * PUBLISHERS)) : own.pick(coming);
      const times = await visit(client, request, own.pick(published), own);
      left -= Math.abs(times);
      if (times > 0 && !own.chance(0.02)) continue;
      if (times < 0) away += 1;
      client.close();
      await client.connect();
    }
  });
  const faults = waitFor(() => left < joins / 2, { timeoutMs: 600_000 }).then(() =>
    breakReading(rig, random.fork(), () => left <= 0),
  );
  await Promise.all([...publishing, ...joining]);
  const counts = [...(await faults)];
  await rig.ready();

  // Who reads a log from its beginning, now that it has ended, reads all of it.
  const readers = await Promise.all(
    urls.map(async (url) => {
      const reader = new CursorClient(url, 'log');
      await reader.connect();
      return reader;
    }),
  );
  await Promise.all(published.map((request, i) => readers[i % readers.length]?.join(request.log, { since: 0 })));
  const broken = published.flatMap((request) => request.complaints());
  const atHeadFrom = performance.now();
  const open = [...joiners, ...recorders].flatMap((client) => client.open);
  await waitFor(() => open.every((stay) => stay.complete), { timeoutMs: AT_HEAD_WITHIN_MS }).catch(() => undefined);
  const headMs = performance.now() - atHeadFrom;
  for (const client of [...joiners, ...recorders, ...readers]) {
    for (const stay of client.open) broken.push(...stay.complaints(true));
    stays.push(...client.ended);
    broken.push(...client.broken);
    client.close();
  }
  for (const stay of stays) broken.push(...stay.complaints(false));
  for (const request of published) {
    broken.push(...request.complaints());
    seen.keep(request.log);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  say(`${count(joins - left)} joins while it happened, in ${seconds.toFixed(0)} s`);
  const events = [...joiners, ...recorders].reduce((sum, client) => sum + client.events, 0);
  const states = published.reduce((sum, { log }) => sum + log.statesChecked, 0);
  return {
    promise: 'P3  who joins while it happens: the state at n, what they missed and what follows are exactly the log',
    figures: `${count(joins - left)} joins of ${count(published.length)} requests, ${count(events)} events came, ${count(states)} states held against the fold, ${count(open.length)} stayed to the end and were there after ${(headMs / 1000).toFixed(1)} s, ${count(away)} connections given up; ${counts.map(([what, times]) => `${times} × ${what}`).join(', ')}`,
    broken,
  };
}

/** One join or more of one request, and what comes after it. @returns how many joins; less than 0: of no use any more */
async function visit(client: CursorClient, request: Published, other: Published, own: Random): Promise<number> {
  const { log } = request;
  const cursor = () => drawCursor(own, log, own.chance(0.5) ? log.length : request.head, other.log);
  const times = own.chance(0.1) ? own.between(2, 4) : 1;
  const under = Array.from({ length: times }, () => client.join(log, cursor()));
  if (own.chance(0.05)) await client.leave(log);
  if ((await Promise.all(under)).includes('away')) return -times;
  if (own.chance(0.7)) await delay(own.between(...STAYS_MS));
  const stay = client.open.find((it) => it.log === log);
  if (own.chance(0.4) && stay !== undefined && !stay.narrowed && stay.last > 0) {
    // as clients do that lost their connection for a moment
    if ((await client.join(log, { since: stay.last })) === 'away') return -times - 1;
    return times + 1;
  }
  if (own.chance(0.5)) await client.leave(log);
  return times;
}
