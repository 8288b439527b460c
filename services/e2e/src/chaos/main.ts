import { findPostgresBin, findRabbitmqServer, installDebianPackages, stopSignal } from '@stepwire/local';
import { FULL_MINUTES, type Verdict } from './experiment.ts';
import { experiments } from './experiments.ts';
import { type Options, readOptions, usage } from './options.ts';
import { type PlantName, plants } from './plants.ts';
import { Random } from './random.ts';
import { Seen } from './request-log.ts';
import { startRig } from './rig.ts';
import { storedIsFold } from './stored.ts';

/**
 * `npm run test:chaos`, once dependencies and build are there: breaks the running system in ways that the seed decides,
 * and holds what publishers and watchers saw against the promises. Exit code 1 where one was not kept, or where a defect
 * that was put in was not caught.
 */
const COMPLAINTS_SHOWN = 10;

const say = (line: string) => process.stderr.write(`${line}\n`);
const tell = (line: string) => process.stdout.write(`${line}\n`);
const signal = stopSignal();
const interrupted = new Promise<never>((_, reject) => {
  signal.addEventListener('abort', () => reject(new Error('interrupted')));
});

/** @returns all promises were kept */
async function chaos({ seed, minutes, only }: Options, plant?: PlantName): Promise<boolean> {
  let kept = true;
  let whole = false;
  const report = ({ promise, figures, broken }: Verdict) => {
    kept &&= broken.length === 0;
    tell(`${broken.length === 0 ? 'PASS' : 'FAIL'}  ${promise}\n          ${figures}`);
    for (const what of broken.slice(0, COMPLAINTS_SHOWN)) tell(`          ${what}`);
    if (broken.length > COMPLAINTS_SHOWN) tell(`          and ${broken.length - COMPLAINTS_SHOWN} more`);
  };
  const share = Math.min(1, minutes / FULL_MINUTES);
  const scaled = (full: number, atLeast = 1) => Math.max(atLeast, Math.round(full * share));
  const wanted = only.length > 0 || plant === undefined ? only : plants[plant].caughtBy;

  say('Starting RabbitMQ, Postgres, 2 gateways, 2 coordinators, a planner and 2 executors');
  const rig = await startRig({ plant });
  try {
    const seen = new Seen();
    for (const { name, about, run } of experiments) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      say(`\n${name}: ${about}`);
      const startedAt = performance.now();
      const trial = { rig, random: Random.named(name, seed), seen, minutes, scaled, say };
      const verdicts = await Promise.race([run(trial), interrupted]);
      await Promise.race([rig.ready(), interrupted]);
      tell(`\n${name}, seed ${seed}, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
      verdicts.forEach(report);
    }
    tell('\nafter all of it');
    report(await storedIsFold(rig.postgres.url, seen));
    report({
      promise: '--  no service ends by itself, whatever ends around it',
      figures: `${rig.ownDeaths.length} ended by themselves`,
      broken: rig.ownDeaths,
    });
    whole = true;
  } finally {
    const logs = await rig.stop(!(kept && whole) && plant === undefined);
    if (logs !== undefined) say(`The services' logs are in ${logs}`);
  }
  return kept;
}

/** @returns every defect was caught */
async function plantAll(options: Options): Promise<boolean> {
  const outcomes = new Map<PlantName, 'caught' | 'NOT CAUGHT' | 'no verdict'>();
  for (const plant of options.plants) {
    say(`\n== ${plant}: ${plants[plant].about}`);
    try {
      outcomes.set(plant, (await chaos(options, plant)) ? 'NOT CAUGHT' : 'caught');
    } catch (error) {
      if (signal.aborted) throw error;
      say(error instanceof Error ? `${error.stack}` : String(error));
      outcomes.set(plant, 'no verdict');
    }
  }
  tell('');
  for (const [plant, outcome] of outcomes) tell(`${outcome.padEnd(12)}${plant}`);
  return [...outcomes.values()].every((outcome) => outcome === 'caught');
}

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
let good = false;
try {
  good = await (options.plants.length > 0 ? plantAll(options) : chaos(options));
} catch (error) {
  say(error instanceof Error ? `${error.stack}` : String(error));
}
process.exit(good ? 0 : 1);
