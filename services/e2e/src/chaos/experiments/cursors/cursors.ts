import { waitFor } from '@stepwire/testing';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { Publisher } from '../../publisher.ts';
import { CursorClient } from './client.ts';
import { breakReading } from './faults.ts';
import { joinWhileItHappens } from './racing.ts';
import { Published } from './requests.ts';
import { joinAt } from './still.ts';

const STILL_JOINS = 100_000;
const STILL_REQUESTS = 400;
const RACING_JOINS = 10_000;
/** longer than a page by its number of events, and by its bytes (`limits.pageBytes`) */
const LONG = [1_001, 2_500] as const;
const LARGE = { events: 60, bytes: 48 * 1024 } as const;
/** of the joins, how many come before anything breaks */
const CALM = 0.7;
const SEEN_WITHIN_MS = 60_000;

const FILLED_AT_ONCE = 20;

/** P3, against a model: the log as somebody saw it who was there from its first event. */
export const cursors: Experiment = {
  name: 'cursors',
  about: 'random cursors on logs that are still, and on logs that grow',
  run,
};

async function run(trial: Trial): Promise<readonly Verdict[]> {
  const { rig, random, scaled, say, seen } = trial;
  const publisher = await Publisher.open(rig.broker.url);
  const recorder = new CursorClient(rig.stack.url, 'log');
  await recorder.connect();

  const requests = Array.from(
    { length: scaled(STILL_REQUESTS, 30) },
    (_, i) => new Published(`still-${i + 1}`, publisher, random.fork()),
  );
  await Promise.all(requests.map(({ log }) => recorder.join(log, {})));
  // A few at a time: a publish that waits for its turn too long is rejected, and said again out of its order.
  const toFill = requests.map((request, i) => () => fill(request, i, random.fork()));
  await Promise.all(
    Array.from({ length: FILLED_AT_ONCE }, async () => {
      for (let next = toFill.pop(); next !== undefined; next = toFill.pop()) await next();
    }),
  );
  await waitFor(() => requests.every((request) => request.seenToTheEnd), { timeoutMs: SEEN_WITHIN_MS }).catch(
    () => undefined,
  );
  const unsound = requests.flatMap((request) => request.complaints());
  const still = { random, joins: scaled(STILL_JOINS), requests };
  let breaking = false;
  let over = false;
  const startedAt = performance.now();
  const faults = waitFor(() => breaking || over, { timeoutMs: 600_000 }).then(() =>
    breakReading(rig, random.fork(), () => over),
  );
  const answers = await joinAt(rig.stack.urls, still, (done) => {
    breaking ||= done > still.joins * CALM;
  });
  over = true;
  const faultsHit = [...(await faults)];
  const seconds = (performance.now() - startedAt) / 1000;
  say(`${count(answers.joins)} cursors on logs that are still, in ${seconds.toFixed(0)} s`);
  await rig.ready();
  for (const { log } of requests) seen.keep(log);
  recorder.close();

  const racing = await joinWhileItHappens(trial, publisher, scaled(RACING_JOINS));
  await publisher.close();
  const events = requests.reduce((sum, { log }) => sum + log.length, 0);
  return [
    {
      promise: 'P3  a cursor yields exactly the suffix, or cursor_gone with a snapshot',
      figures: `${count(answers.joins)} joins (${count(answers.refused)} with cursors that are refused, ${count(answers.overtaken)} overtaken) of ${count(requests.length)} requests with ${count(events)} events, ${count(answers.events)} events in answers, ${count(answers.away)} connections given up, in ${seconds.toFixed(0)} s; ${told(faultsHit)}`,
      broken: [...unsound, ...answers.broken],
    },
    racing,
  ];
}

const told = (faults: readonly (readonly [string, number])[]): string =>
  `${faults.map(([what, times]) => `${times} × ${what}`).join(', ') || 'no faults'}`;

async function fill(request: Published, i: number, random: Trial['random']): Promise<void> {
  if (i === 0) for (let n = 0; n < LARGE.events; n += 1) request.next(random.between(1_000, LARGE.bytes));
  const length =
    i === 1 ? random.between(...LONG) : random.chance(0.7) ? random.between(1, 40) : random.between(41, 300);
  if (i > 0) for (let n = 0; n < length; n += 1) request.next();
  await request.end();
}
