import { findPostgresBin, findRabbitmqServer, installDebianPackages, stopSignal } from '@stepwire/local';
import { FULL_MINUTES, type Verdict } from './experiment.ts';
import { experiments } from './experiments.ts';
import { type Options, readOptions, usage } from './options.ts';
import { Random } from './random.ts';
import { type Rig, startRig } from './rig.ts';
import { storedIsFold } from './stored.ts';

/**
 * `npm run test:chaos`, once dependencies and build are there: breaks the running system in ways that the seed decides,
 * and holds what publishers and watchers saw against the promises. Exit code 1 where one was not kept.
 */
const COMPLAINTS_SHOWN = 10;

const say = (line: string) => process.stderr.write(`${line}\n`);
const tell = (line: string) => process.stdout.write(`${line}\n`);

/** @returns all promises were kept */
async function chaos({ seed, minutes, only }: Options, rig: Rig): Promise<boolean> {
  let kept = true;
  const report = ({ promise, figures, broken }: Verdict) => {
    kept &&= broken.length === 0;
    tell(`${broken.length === 0 ? 'PASS' : 'FAIL'}  ${promise}\n          ${figures}`);
    for (const what of broken.slice(0, COMPLAINTS_SHOWN)) tell(`          ${what}`);
    if (broken.length > COMPLAINTS_SHOWN) tell(`          and ${broken.length - COMPLAINTS_SHOWN} more`);
  };
  const share = Math.min(1, minutes / FULL_MINUTES);
  const scaled = (full: number, atLeast = 1) => Math.max(atLeast, Math.round(full * share));
  for (const { name, about, run } of experiments) {
    if (only.length > 0 && !only.includes(name)) continue;
    say(`\n${name}: ${about}`);
    const startedAt = performance.now();
    const verdicts = await run({ rig, random: Random.named(name, seed), minutes, scaled, say });
    await rig.ready();
    tell(`\n${name}, seed ${seed}, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    verdicts.forEach(report);
  }
  tell('\nafter all of it');
  report(await storedIsFold(rig.postgres.url));
  report({
    promise: '--  no service ends by itself, whatever ends around it',
    figures: `${rig.ownDeaths.length} ended by themselves`,
    broken: rig.ownDeaths,
  });
  return kept;
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
const rig = await startRig({ plant: options.plant });
let kept = false;
try {
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')));
  });
  kept = await Promise.race([chaos(options, rig), interrupted]);
  if (options.plant !== undefined) tell(`\n${options.plant} was ${kept ? 'NOT ' : ''}caught`);
} catch (error) {
  say(error instanceof Error ? `${error.stack}` : String(error));
} finally {
  await rig.stop();
}
process.exit(kept ? 0 : 1);
