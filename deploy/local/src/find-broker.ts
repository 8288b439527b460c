import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { declareTopology } from '@stepwire/messaging';
import { findContainerEngine, startContainerBroker } from './container-broker.ts';
import { canInstallDebianPackages, installDebianPackages, type Say } from './debian.ts';
import type { Keeper } from './keeper.ts';
import { freePorts, speaksAmqp, whyPortIsTaken } from './ports.ts';
import { findRabbitmqServer, startPrivateBroker } from './private-broker.ts';

/**
 * A broker with our topology declared. The ways to one, in this order:
 * 1. `AMQP_URL`: that one and no other
 * 2. one that answers on localhost:5672 and lets guest declare our topology
 * 3. rabbitmq-server of this machine, as a private node with its data in DATA_DIR
 * 4. a container, where an engine runs
 * 5. rabbitmq-server installed from the distribution's packages, then as 3
 */
export interface FoundBroker {
  readonly way: 'given' | 'local' | 'private' | 'container';
  readonly url: string;
  /** for a person, without secrets: `private node on 127.0.0.1:40123` */
  readonly about: string;
  /** only of one that we started */
  readonly own?: OwnedBroker;
}
export interface OwnedBroker {
  /** resolves when it ends, with words for a person */
  readonly ended: () => Promise<string>;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

export interface BrokerSearch {
  /** AMQP_URL, if set */
  readonly given: string | undefined;
  readonly dataDir: string;
  readonly keeper: Keeper;
  readonly say: Say;
  /** default amqp://guest:guest@localhost:5672 */
  readonly localUrl?: string;
  /** what this machine offers; default is to look */
  readonly machine?: Machine;
}
export interface Machine {
  readonly hasRabbitmqServer: () => boolean;
  /** command of an engine that runs */
  readonly containerEngine: () => string | undefined;
  readonly canInstall: () => boolean;
  readonly install: (say: Say) => Promise<void>;
}

export const thisMachine: Machine = {
  hasRabbitmqServer: () => findRabbitmqServer() !== undefined,
  containerEngine: findContainerEngine,
  canInstall: canInstallDebianPackages,
  install: (say) => installDebianPackages(['rabbitmq-server'], say),
};

/** No way leads to a broker; the message names all of them. */
export class NoBrokerError extends Error {
  override readonly name = 'NoBrokerError';
}

/** @throws NoBrokerError, or Error with the reason why the chosen way failed */
export async function findBroker(search: BrokerSearch): Promise<FoundBroker> {
  const { given, dataDir, keeper, say, machine = thisMachine } = search;
  if (given !== undefined) {
    const about = withoutPassword(given);
    await declareWithin(given, 10_000).catch((error: unknown) => {
      throw new NoBrokerError(`AMQP_URL is ${about}, which can't be used: ${words(error)}`);
    });
    return { way: 'given', url: given, about: `${about} (AMQP_URL)` };
  }

  const localUrl = search.localUrl ?? 'amqp://guest:guest@localhost:5672';
  const { hostname, port } = new URL(localUrl);
  if (await speaksAmqp(hostname, Number(port), 1_000)) {
    try {
      await declareWithin(localUrl, 5_000);
      return { way: 'local', url: localUrl, about: `the one on ${hostname}:${port}` };
    } catch (error) {
      say(`The broker on ${hostname}:${port} can't be used by guest (${words(error)}); starting another one.`);
    }
  }

  if (machine.hasRabbitmqServer()) return startOnMachine(dataDir, keeper);

  const engine = machine.containerEngine();
  let whyNoContainer = 'no docker or podman engine runs';
  if (engine !== undefined) {
    say(`Starting RabbitMQ in a container (${engine}) …`);
    try {
      return await startInContainer(engine, dataDir, keeper);
    } catch (error) {
      whyNoContainer = words(error);
      if (machine.canInstall()) say(`The container did not start: ${whyNoContainer}`);
    }
  }

  if (machine.canInstall()) {
    await machine.install(say);
    return startOnMachine(dataDir, keeper);
  }
  throw new NoBrokerError(
    [
      'Stepwire needs a RabbitMQ broker, and there is no way to one here. Any one of these will do:',
      '  - set AMQP_URL to a broker that you have, e.g. AMQP_URL=amqp://user:password@host:5672',
      `  - run one on ${hostname}:${port} that lets guest in`,
      '  - install rabbitmq-server (Debian, Ubuntu: as root, npm start does it; macOS: brew install rabbitmq)',
      `  - start a container engine, docker or podman (now: ${whyNoContainer})`,
    ].join('\n'),
  );
}

async function startOnMachine(dataDir: string, keeper: Keeper): Promise<FoundBroker> {
  const folder = join(dataDir, 'rabbitmq');
  mkdirSync(folder, { recursive: true });
  const own = await startPrivateBroker({ dataDir: folder, keeper, port: await steadyPort(folder) });
  await declareWithin(own.url, 15_000);
  return { way: 'private', url: own.url, own, about: `RabbitMQ of its own, ${own.url}` };
}

/**
 * The last one again, so that agents elsewhere keep their AMQP_URL; at first 5673. Not 5672: a second stack would take
 * our node for the machine's own broker, and two coordinators would share one queue.
 */
async function steadyPort(folder: string): Promise<number> {
  const file = join(folder, 'port');
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 5673;
  if ((await whyPortIsTaken(last, '127.0.0.1')) === undefined) return last;
  const [port = 0] = await freePorts(1);
  writeFileSync(file, String(port));
  return port;
}

async function startInContainer(engine: string, dataDir: string, keeper: Keeper): Promise<FoundBroker> {
  const folder = join(dataDir, 'rabbitmq');
  mkdirSync(folder, { recursive: true });
  const name = `stepwire-${basename(dirname(dataDir))}-rabbitmq`.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
  const own = await startContainerBroker({ engine, dataDir: folder, port: await steadyPort(folder), name, keeper });
  await declareWithin(own.url, 30_000);
  return { way: 'container', url: own.url, own, about: `container ${name}, ${own.url}` };
}

async function declareWithin(url: string, timeoutMs: number): Promise<void> {
  let last: Error | undefined;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await declareTopology(url, {
      signal,
      onRetry: (error) => {
        last = error;
      },
    });
  } catch (error) {
    throw signal.aborted && last !== undefined ? last : error;
  }
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const withoutPassword = (url: string): string => {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '…';
  return shown.href.replace('%E2%80%A6', '…');
};
