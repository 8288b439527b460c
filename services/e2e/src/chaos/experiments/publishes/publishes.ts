import { setTimeout as delay } from 'node:timers/promises';
import { Broker } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import { StepwireError } from '@stepwire/protocol';
import { waitFor } from '@stepwire/testing';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { confirming, newTally, type Tally } from './confirming.ts';
import { carryOut, drawCuts } from './cuts.ts';
import { Numbered } from './numbered.ts';
import { RawPublisher } from './raw-publisher.ts';

const CUTS = 100;
const REQUESTS = 6;
/** publishes per cut, at least */
const EVENTS_PER_CUT = 120;
/** at once through our library, and through amqplib alone */
const HANDS = { ours: 80, raw: 15 } as const;
/** goes out at once with the cut: of these, some are confirmed before it and some are not */
const SALVO = 40;
/** of those, how many go on while a fault takes its time, and how often each (ms) */
const PATIENT_HANDS = 12;
const PATIENT_EVERY_MS = 25;
/** of a publish (design §3), and what a process that had to wait for a core adds (ms) */
const WITHIN_MS = 15_000 + 1_000;
const HEAD_WITHIN_MS = 60_000;

/** P2 */
export const publishes: Experiment = {
  name: 'publishes',
  about: 'the publishers lose their broker in the middle of confirms, and say again what was not confirmed',
  run,
};

async function run({ rig, random, seen, scaled, say }: Trial): Promise<readonly Verdict[]> {
  const cuts = drawCuts(random, scaled(CUTS, 6));
  const broker = Broker.open({ url: rig.amqpUrl, name: 'chaos', logger: createLogger('chaos', 'fatal') });
  const raw = new RawPublisher(rig.amqpUrl);
  const requests = Array.from(
    { length: REQUESTS },
    (_, i) => new Numbered(`publishes-${i + 1}`, rig.stack.urls, random.fork()),
  );
  await Promise.all([broker.ready(), ...requests.map((request) => request.watched())]);
  const ours = newTally();
  const amqplib = newTally();
  const pauses = random.fork();
  const pauseMs = () => pauses.between(20, 200);
  const publishOurs = confirming({
    publish: (message) => broker.publish(message),
    tally: ours,
    pauseMs,
    isExpected: (error) => error instanceof StepwireError && error.code === 'unavailable',
  });
  const publishRaw = confirming({
    publish: (message) => raw.publish(message),
    tally: amqplib,
    pauseMs,
    // amqplib's own errors, of all kinds
    isExpected: () => true,
  });

  let inTheMiddle = 0;
  const counts = new Map<string, number>();
  for (const cut of cuts) {
    const before = ours.rejected;
    const strikeAt = random.between(10, EVENTS_PER_CUT - 20);
    let made = 0;
    let confirmed = 0;
    let over = false;
    const strike = Promise.withResolvers<void>();
    const hand = async (number: number) => {
      const mine = number >= HANDS.raw;
      while (made < EVENTS_PER_CUT || !over) {
        if (made >= EVENTS_PER_CUT) {
          if (number % PATIENT_HANDS !== 0) return;
          await delay(PATIENT_EVERY_MS);
        }
        made += 1;
        const message = random.pick(requests).next(mine);
        await (mine ? publishOurs(message) : publishRaw(message));
        confirmed += 1;
        if (confirmed === strikeAt) strike.resolve();
      }
    };
    const struck = strike.promise.then(async () => {
      const salvo = Array.from({ length: SALVO }, () => publishOurs(random.pick(requests).next(true)));
      await carryOut(rig, cut);
      over = true;
      await Promise.all(salvo);
    });
    await Promise.all([struck, ...Array.from({ length: HANDS.ours + HANDS.raw }, (_, number) => hand(number))]);
    // what was confirmed before the cut, and what was not
    if (ours.rejected > before) inTheMiddle += 1;
    counts.set(cut.kind, (counts.get(cut.kind) ?? 0) + 1);
  }
  const inAll = `${count(cuts.length)} cuts: ${[...counts].map(([kind, times]) => `${times} × ${kind}`).join(', ')}`;
  say(inAll);

  for (const request of requests) await publishOurs(request.end());
  const endedAt = performance.now();
  // where they do not get there, the complaints tell who
  await waitFor(() => requests.every(({ atEnd }) => atEnd), { timeoutMs: HEAD_WITHIN_MS }).catch(() => undefined);
  const headMs = performance.now() - endedAt;
  const broken = [...ours.wrong, ...requests.flatMap((request) => request.complaints())];
  if (ours.longestMs > WITHIN_MS) broken.push(`a publish took ${count(ours.longestMs)} ms`);
  if (inTheMiddle * 3 < cuts.length) broken.push(`only ${inTheMiddle} cuts hit what was on its way: too few to tell`);
  for (const request of requests) {
    seen.keep(request.log);
    request.close();
  }
  await Promise.all([broker.close(), raw.close()]);
  return [
    {
      promise: 'P2  every publish settles within 15 s, and a repeat is not visible twice',
      figures:
        `${inAll}; ${inTheMiddle} while a part was confirmed and another on its way; ${settled(ours)}; ` +
        `with amqplib alone and the id in the message only ${settled(amqplib)}; ` +
        `${REQUESTS} requests with 2 watchers each, the last at the end after ${(headMs / 1000).toFixed(1)} s`,
      broken,
    },
  ];
}

const settled = ({ confirmed, rejected, longestMs }: Tally): string =>
  `${count(confirmed)} confirmed, ${count(rejected)} rejected and repeated, the longest took ${(longestMs / 1000).toFixed(1)} s`;
