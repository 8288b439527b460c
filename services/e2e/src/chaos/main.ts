import { setTimeout as delay } from 'node:timers/promises';
import { findPostgresBin, findRabbitmqServer, installDebianPackages, stopSignal } from '@stepwire/local';
import { Broker } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import { waitFor } from '@stepwire/testing';
import { effectsOnce, eventsOnce, HEAD_WITHIN_MS, publishesSettle, type Verdict } from './checks.ts';
import { drawFaults, type Fault, faultLine } from './faults.ts';
import { Client, Managed } from './managed.ts';
import { Observed, PublishTally } from './observed.ts';
import { type Options, readOptions, usage } from './options.ts';
import { Random } from './random.ts';
import { type Rig, startRig } from './rig.ts';
import { storedIsFold } from './stored.ts';

/**
 * `npm run test:chaos`, once dependencies and build are there: breaks the running system in ways that the seed decides,
 * and holds what publishers and watchers saw against the promises. Exit code 1 where one was not kept.
 */
const PUBLISHERS = 10;
const MANAGED_AT_ONCE = 4;
const EVENTS_PER_REQUEST = [50, 300] as const;
const PACE_MS = [10, 60] as const;
/** after the last fault, everything started must have come to its end (ms); leases may have to run out first */
const END_WITHIN_MS = 60_000;
const COMPLAINTS_SHOWN = 10;

const say = (line: string) => process.stderr.write(`${line}\n`);
const tell = (line: string) => process.stdout.write(`${line}\n`);

async function chaos(options: Options, rig: Rig): Promise<readonly Verdict[]> {
  const random = new Random(options.seed);
  const forMs = options.minutes * 60_000;
  const lanes = drawFaults(random, forMs, rig.stack.instances);
  const broker = Broker.open({ url: rig.amqpUrl, name: 'chaos', logger: createLogger('chaos', 'fatal') });
  await broker.ready();
  const { urls } = rig.stack;
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
      await rig.carryOut(fault);
      const what = `${fault.kind} ${fault.target.replace(/ \d+$/, '')}`;
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
  const verdicts = [eventsOnce(observed, managed, calmAt), publishesSettle(tally, observed), effectsOnce(managed)];
  for (const { watchers } of observed) for (const watcher of watchers) watcher.close();
  for (const { watcher } of managed) watcher.close();
  client.close();
  await broker.close();

  const faults = [...counts.values()].reduce((sum, n) => sum + n, 0);
  tell(
    `\n${faults} faults in ${options.minutes} min, seed ${options.seed}: ${[...counts].map(([what, n]) => `${n} × ${what}`).join(', ')}`,
  );
  const standing: Verdict = {
    promise: '--  no service ends by itself, whatever ends around it',
    figures: `${rig.ownDeaths.length} ended by themselves`,
    broken: rig.ownDeaths,
  };
  return [...verdicts, await storedIsFold(rig.databaseUrl), standing];
}

function report(verdicts: readonly Verdict[]): boolean {
  for (const { promise, figures, broken } of verdicts) {
    tell(`${broken.length === 0 ? 'PASS' : 'FAIL'}  ${promise}\n          ${figures}`);
    for (const what of broken.slice(0, COMPLAINTS_SHOWN)) tell(`          ${what}`);
    if (broken.length > COMPLAINTS_SHOWN) tell(`          and ${broken.length - COMPLAINTS_SHOWN} more`);
  }
  return verdicts.every(({ broken }) => broken.length === 0);
}

const signal = stopSignal();
let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  say(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exit(2);
}
const missing = [
  ...(findRabbitmqServer() === undefined ? ['rabbitmq-server'] : []),
  ...(findPostgresBin() === undefined ? ['postgresql'] : []),
];
if (missing.length > 0) await installDebianPackages(missing, say);
say('Starting RabbitMQ, Postgres, 2 gateways, 2 coordinators, a planner and 2 executors');
const rig = await startRig(options.plant);
let kept = false;
try {
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')));
  });
  kept = report(await Promise.race([chaos(options, rig), interrupted]));
  if (options.plant !== undefined) tell(`\n${options.plant} was ${kept ? 'NOT ' : ''}caught`);
} catch (error) {
  say(error instanceof Error ? `${error.stack}` : String(error));
} finally {
  await rig.stop();
}
process.exit(kept ? 0 : 1);
