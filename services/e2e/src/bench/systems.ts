import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freePorts,
  Keeper,
  mainOf,
  type ServiceName,
  startChild,
  startPrivateBroker,
  startPrivatePostgres,
} from '@stepwire/local';
import { declareTopology } from '@stepwire/messaging';
import { exchanges } from '@stepwire/protocol';
import { PLAIN_EXCHANGE } from './load.ts';
import type { PlainReport } from './plain-gateway.ts';
import type { PublisherOrder, PublisherReport } from './publisher.ts';
import { cpuSeconds, cpuSecondsWithChildren, residentMiB } from './usage.ts';
import type { WatcherOrder, WatcherReport } from './watcher.ts';
import { Worker } from './worker.ts';

/** One way to get events to watchers. */
export interface System {
  readonly name: 'stepwire' | 'plain';
  /** where watchers connect */
  readonly url: string;
  /** where events are published */
  readonly exchange: string;
  /** whether frames carry a `seq` */
  readonly numbered: boolean;
  /** the process that holds the sockets */
  readonly gatewayPid: number;
}

export type Publisher = Worker<PublisherOrder, PublisherReport>;
export type Watcher = Worker<WatcherOrder, WatcherReport>;

/** Both systems on one broker, with everything that measures them. */
export interface Rig {
  readonly systems: readonly [System, System];
  readonly publisher: Publisher;
  readonly watcher: Watcher;
  readonly brokerVersion: string;
  /** CPU seconds of each process so far, by name; the gateway of `system` is `gateway` */
  cpu(system: System): Readonly<Record<string, number>>;
  /** MiB of each process that could grow */
  memory(): Readonly<Record<string, number>>;
  /** resolves when a process that must run has ended, with words for a person */
  readonly broken: Promise<string>;
  /** ends the services first and politely: a CPU profile is written at the end */
  stop(): Promise<void>;
}

export interface RigOptions {
  readonly pglite: boolean;
  /** folder for CPU profiles */
  readonly profileTo?: string | undefined;
}

/**
 * Starts a private broker, a private Postgres with its defaults (it flushes at every commit), coordinator and gateway as
 * they are delivered, and the plain pattern.
 */
export async function startRig({ pglite, profileTo }: RigOptions): Promise<Rig> {
  // /tmp is often in memory, where a flush costs nothing; /var/tmp is not (FHS 3.0 §5.15).
  const dir = mkdtempSync(join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), 'stepwire-bench-'));
  chmodSync(dir, 0o755);
  const keeper = new Keeper();
  keeper.removeAtEnd(dir);
  const [broker, postgres, ports] = await Promise.all([
    startPrivateBroker({ dataDir: folder(dir, 'broker'), orphanSignal: 'KILL', keeper }),
    pglite ? undefined : startPrivatePostgres({ dataDir: join(dir, 'postgres'), keeper }),
    freePorts(1),
  ]);
  await declareTopology(broker.url);

  const port = ports[0] ?? 0;
  const profiling = profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`];
  const service = (name: ServiceName, env: Readonly<Record<string, string>>) =>
    startChild({
      command: process.execPath,
      args: [...profiling, ...(profileTo === undefined ? [] : [`--cpu-prof-name=${name}.cpuprofile`]), mainOf(name)],
      env: { AMQP_URL: broker.url, DATA_DIR: folder(dir, 'data'), LOG_LEVEL: 'warn', HOME: dir, ...env },
      output: join(dir, `${name}.log`),
      stopSignal: 'TERM',
      graceMs: 12_000,
      keeper,
    });
  const [coordinator, gateway] = await Promise.all([
    service('coordinator', postgres === undefined ? {} : { DATABASE_URL: postgres.url }),
    service('gateway', { HOST: '127.0.0.1', PORT: `${port}` }),
  ]);
  const plain = new Worker<never, PlainReport>('plain-gateway', [broker.url], ['listening']);
  const publisher: Publisher = new Worker('publisher', [broker.url], ['ready', 'published']);
  const watcher: Watcher = new Worker('watcher', [], ['watching', 'delivered', 'told', 'left']);
  const [{ port: plainPort }, { broker: brokerVersion }] = await Promise.all([
    plain.next('listening'),
    publisher.next('ready'),
  ]);

  let stopping = false;
  const lastWords = (name: ServiceName, how: string) =>
    `${name} ended (${how}); its last words:\n${readFileSync(join(dir, `${name}.log`), 'utf8').slice(-2_000)}`;
  return {
    systems: [
      {
        name: 'stepwire',
        url: `http://127.0.0.1:${port}`,
        exchange: exchanges.agentEvents,
        numbered: true,
        gatewayPid: gateway.pid,
      },
      {
        name: 'plain',
        url: `http://127.0.0.1:${plainPort}`,
        exchange: PLAIN_EXCHANGE,
        numbered: false,
        gatewayPid: plain.pid,
      },
    ],
    publisher,
    watcher,
    brokerVersion,
    cpu: ({ name, gatewayPid }) => ({
      gateway: cpuSeconds(gatewayPid),
      ...(name === 'stepwire' ? { coordinator: cpuSeconds(coordinator.pid) } : {}),
      ...(name === 'stepwire' && postgres !== undefined ? { Postgres: cpuSecondsWithChildren(postgres.pid()) } : {}),
      RabbitMQ: cpuSeconds(broker.pid()),
      publisher: cpuSeconds(publisher.pid),
      watcher: cpuSeconds(watcher.pid),
    }),
    memory: () => ({
      coordinator: residentMiB(coordinator.pid),
      gateway: residentMiB(gateway.pid),
      RabbitMQ: residentMiB(broker.pid()),
    }),
    broken: Promise.race([
      coordinator.ended.then((how) => lastWords('coordinator', how)),
      gateway.ended.then((how) => lastWords('gateway', how)),
    ]),
    async stop() {
      if (stopping) return;
      stopping = true;
      for (const worker of [publisher, watcher, plain]) worker.stop();
      await Promise.all([gateway.stop(), coordinator.stop()]);
      // their data are thrown away
      await Promise.all([broker.kill(), postgres?.kill()]);
    },
  };
}

function folder(dir: string, name: string): string {
  const path = join(dir, name);
  mkdirSync(path, { recursive: true });
  return path;
}
