import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canInstallDebianPackages,
  findPostgresBin,
  findRabbitmqServer,
  installDebianPackages,
  stopSignal,
} from '@stepwire/local';
import type { Load } from './load.ts';
import { watchMemory } from './memory.ts';
import { type Options, readOptions, usage } from './options.ts';
import { Incorrect, type PhaseResult, runPhase } from './phase.ts';
import { hottest } from './profile-summary.ts';
import type { Pace } from './publisher.ts';
import { rowsOf, tableOf } from './report.ts';
import { type Rig, startRig } from './systems.ts';

/**
 * `npm run bench`, once dependencies and build are there: ours and the plain pattern on one broker, phase by phase in
 * turn. Exit code 1 where an event was lost, doubled or out of order, or memory grew.
 */
const WARM_UP_MS = 2_000;
/** uncounted floods before the first run, in which the just-in-time compilers see the work */
const FIRST_WARM_UP_MS = 3_000;

const say = (line: string) => process.stderr.write(`${line}\n`);
const tell = (line: string) => process.stdout.write(`${line}\n`);

async function install(): Promise<void> {
  const missing = [
    ...(findRabbitmqServer() === undefined ? ['rabbitmq-server'] : []),
    ...(findPostgresBin() === undefined ? ['postgresql'] : []),
  ];
  if (missing.length === 0) return;
  if (!canInstallDebianPackages()) throw new Error(`The bench needs ${missing.join(' and ')} on this machine.`);
  await installDebianPackages(missing, say);
}

async function runAll(rig: Rig, options: Options): Promise<PhaseResult[]> {
  const flood: Pace = { kind: 'flood', window: options.window };
  const phases = options.rates.map((rate): { name: string; pace: Pace } =>
    rate === 'flood' ? { name: 'flood', pace: flood } : { name: `${rate}/s`, pace: { kind: 'even', perSecond: rate } },
  );
  const timing = { warmUpMs: WARM_UP_MS, measureMs: options.seconds * 1_000 };
  let loads = 0;
  const nextLoad = (): Load => {
    loads += 1;
    return { prefix: `bench-${loads}`, requests: options.requests, eventBytes: options.eventBytes };
  };
  say('Warming up');
  for (const system of rig.systems)
    await runPhase(rig, system, nextLoad(), 'warm-up', flood, { warmUpMs: 0, measureMs: FIRST_WARM_UP_MS });

  const results: PhaseResult[] = [];
  for (let run = 1; run <= options.runs; run += 1) {
    const systems = run % 2 === 1 ? rig.systems : rig.systems.toReversed();
    for (const { name, pace } of phases) {
      for (const system of systems) {
        const result = await runPhase(rig, system, nextLoad(), name, pace, timing);
        results.push(result);
        const { p50, p99 } = result.latencyMs;
        say(
          `run ${run}/${options.runs}  ${name.padEnd(7)} ${system.name.padEnd(9)}` +
            `${Math.round(result.perSecond).toLocaleString('en').padStart(7)}/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`,
        );
      }
    }
  }
  return results;
}

const machine = (rig: Rig, { pglite }: Options): string =>
  [
    `${availableParallelism()} × ${cpus()[0]?.model ?? 'CPU'}`,
    `Node ${process.versions.node}`,
    `RabbitMQ ${rig.brokerVersion}`,
    pglite ? 'PGlite' : `${postgresVersion()}, which flushes at every commit`,
  ].join(' · ');

const postgresVersion = (): string => {
  const words = execFileSync(join(findPostgresBin() ?? '', 'postgres'), ['--version'], { encoding: 'utf8' });
  return `Postgres ${/[\d.]+/.exec(words)?.[0] ?? ''}`;
};

async function bench(options: Options, signal: AbortSignal): Promise<boolean> {
  await install();
  const profileTo = options.profile ? mkdtempSync(join(tmpdir(), 'stepwire-profiles-')) : undefined;
  say('Starting RabbitMQ, Postgres, coordinator and gateway');
  const rig = await startRig({ pglite: options.pglite, profileTo });
  let results: readonly PhaseResult[] = [];
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Incorrect('interrupted')));
    void rig.broken.then((how) => reject(new Incorrect(how)));
  });
  try {
    const { events } = options;
    if (events !== undefined) {
      const memory = await Promise.race([watchMemory(rig, rig.systems[0], { ...options, events }, say), interrupted]);
      if (options.json) tell(JSON.stringify({ machine: machine(rig, options), memory }, null, 2));
      else
        tell(
          `${events.toLocaleString('en')} events at ${Math.round(memory.perSecond).toLocaleString('en')}/s, each once and in order. ` +
            (memory.growing.length === 0 ? 'Memory does not grow.' : `Memory grows: ${memory.growing.join(', ')}.`),
        );
      return memory.growing.length === 0;
    }
    results = await Promise.race([runAll(rig, options), interrupted]);
    const rows = rowsOf(results);
    if (options.json) tell(JSON.stringify({ machine: machine(rig, options), options, rows, results }, null, 2));
    else {
      tell(`\n${machine(rig, options)}`);
      tell(
        `${options.requests} requests, one socket each; ${options.eventBytes}-byte events; medians of ${options.runs} runs, every event once and in order.\n`,
      );
      tell(tableOf(rows));
    }
    return true;
  } finally {
    await rig.stop();
    if (profileTo !== undefined) tellHottest(profileTo, results);
  }
}

function tellHottest(folder: string, results: readonly PhaseResult[]): void {
  const ours = results.filter(({ system }) => system === 'stepwire');
  for (const name of readdirSync(folder)) {
    for (const phase of new Set(ours.map((result) => result.phase))) {
      const spans = ours.filter((result) => result.phase === phase).map(({ span }) => span);
      say(`\n${phase}, ${join(folder, name)}\n${hottest(join(folder, name), spans).join('\n')}`);
    }
  }
}

const signal = stopSignal();
const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  say(`${wordsOf(error)}\n\n${usage}`);
  process.exit(2);
}
try {
  process.exit((await bench(options, signal)) ? 0 : 1);
} catch (error) {
  say(error instanceof Incorrect ? `FAILED: ${error.message}` : wordsOf(error));
  process.exit(1);
}
