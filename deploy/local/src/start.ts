import { isAbsolute, relative, resolve } from 'node:path';
import { EnvError, localSettings, readEnv } from '@stepwire/config';
import { DataDirTakenError, lockDataDir } from './data-dir-lock.ts';
import { findBroker, NoBrokerError, withoutPassword } from './find-broker.ts';
import { Keeper } from './keeper.ts';
import { freePorts, whyPortIsTaken } from './ports.ts';
import { startStack } from './stack.ts';
import { stopSignal } from './stop-signal.ts';

/**
 * `npm start`, once dependencies and build are there: broker, services, one line with the address, and then nothing
 * but what a person should know. Ends when asked to, with all that it started and nothing else.
 */
const say = (line: string) => process.stdout.write(`${line}\n`);
const signal = stopSignal();
const stops: (() => Promise<void> | void)[] = [];

async function start(): Promise<void> {
  const settings = readEnv(localSettings);
  const dataDir = resolve(settings.dataDir);
  const { host } = settings;
  const port = settings.port === 0 ? ((await freePorts(1))[0] ?? 0) : settings.port;

  const lock = lockDataDir(dataDir);
  stops.push(() => lock.release());
  const taken = await whyPortIsTaken(port, host);
  if (taken !== undefined) throw new StartError(portMessage(port, host, taken));

  const keeper = new Keeper();
  stops.push(() => keeper.close());
  say('Looking for a broker …');
  const broker = await findBroker({ given: settings.amqpUrl, dataDir, keeper, say });
  const { own } = broker;
  if (own !== undefined) {
    stops.push(() => own.stop());
    void restartWhenItEnds(own);
  }
  say(`  broker     ${broker.about}`);
  say(
    `  database   ${settings.databaseUrl === undefined ? `PGlite in ${shown(dataDir)} (keeps its data when killed, not in a power cut)` : withoutPassword(settings.databaseUrl)}`,
  );
  if (signal.aborted) return;

  const stack = await startStack({ broker, dataDir, host, port, keeper, say, signal });
  stops.push(() => stack.stop());
  if (signal.aborted) return;
  say(`  logs       ${shown(dataDir)}/logs`);
  say(`Stepwire is ready at ${stack.address} (open it in a browser; Ctrl-C stops it)`);
}

class StartError extends Error {}

const portMessage = (port: number, host: string, code: string): string =>
  code === 'EADDRINUSE'
    ? `Port ${port} on ${host} is in use by another program. Choose another one: PORT=${port + 1} npm start`
    : `Can't listen on ${host}:${port} (${code}). Set HOST and PORT to an address of this machine that is free.`;

const shown = (path: string): string => {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
};

async function restartWhenItEnds(own: { ended(): Promise<string>; restart(): Promise<void> }): Promise<void> {
  for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, 15_000)) {
    const how = await own.ended();
    if (signal.aborted || stopping) return;
    say(`The broker ended (${how}); starting it again`);
    await new Promise((go) => setTimeout(go, pauseMs));
    if (signal.aborted || stopping) return;
    try {
      await own.restart();
      pauseMs = 500;
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  }
}

let stopping = false;
async function stop(): Promise<void> {
  stopping = true;
  for (const one of stops.reverse()) await one();
}

let exitCode = 0;
try {
  await start();
  if (!signal.aborted) await new Promise((go) => signal.addEventListener('abort', go, { once: true }));
  say('Stopping …');
} catch (error) {
  const expected = [StartError, NoBrokerError, DataDirTakenError, EnvError].some((kind) => error instanceof kind);
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${expected ? message : `Stepwire could not start: ${message}`}\n`);
  exitCode = 1;
}
await stop();
process.exit(exitCode);
