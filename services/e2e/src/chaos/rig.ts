import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  findPostgresBin,
  findRabbitmqServer,
  Keeper,
  mainOf,
  type PrivateBroker,
  type PrivatePostgres,
  startPrivateBroker,
  startPrivateCluster,
  startPrivatePostgres,
} from '@stepwire/local';
import { declareTopology } from '@stepwire/messaging';
import { type InstanceName, type StackForTest, startStack, waitFor } from '@stepwire/testing';
import { SUICIDE_NOTE } from './agent/poison.ts';
import { type Line, Lines } from './lines.ts';
import { planted } from './planting.ts';
import type { PlantName } from './plants.ts';

export type Server = 'broker' | 'postgres';

/** The system under test, all of it started for this run: RabbitMQ, Postgres, 2 gateways, 2 coordinators, a planner, 2 executors. */
export interface Rig {
  /** the first node, where there are more */
  readonly broker: PrivateBroker;
  /** every node of RabbitMQ; lines to the broker are spread over them at first */
  readonly nodes: readonly PrivateBroker[];
  readonly postgres: PrivatePostgres;
  /** the defect in its services */
  readonly plant: PlantName | undefined;
  /** the programs of the services, with the defect, for who starts more of them */
  readonly mainOf: typeof mainOf;
  readonly stack: StackForTest;
  /** of the services: what the executors' tools did is written there */
  readonly dataDir: string;
  /** the broker, by way of a line of our own publishers' */
  readonly amqpUrl: string;
  /** the gateways, each by way of a line; `stack.urls` are the gateways themselves */
  readonly urls: readonly string[];
  /**
   * Between every two parts: `gateway 2 → broker`, `coordinator → postgres`, `clients → gateway`, `publishers → broker`.
   * @throws Error for one that there is not
   */
  line(name: string): Line;
  readonly lineNames: readonly string[];
  /** services that ended though nobody killed them and no step told them to, and were started again, as a supervisor would */
  readonly ownDeaths: readonly string[];
  /** SIGKILL, and a new start after `meanwhile`; resolves when the process runs again, ready or not */
  kill(name: InstanceName, meanwhile?: () => Promise<unknown>): Promise<void>;
  rabbitmqctl(...args: string[]): Promise<string>;
  /** one statement, by Postgres's own client. @returns its rows, unaligned */
  sql(statement: string): Promise<string>;
  /** every line whole, every service up, every gateway ready */
  ready(): Promise<void>;
  /** @param keepLogs false: nothing is left. @returns the folder with the services' logs, where they are kept */
  stop(keepLogs: boolean): Promise<string | undefined>;
}

export interface RigOptions {
  readonly plant?: PlantName | undefined;
  /** of RabbitMQ, in one cluster; default 1, which is no cluster */
  readonly nodes?: number;
  /** settings of services beside the rig's own */
  readonly env?: (name: InstanceName) => Readonly<Record<string, string>>;
}

const LOOK_EVERY_MS = 500;
const run = promisify(execFile);

export async function startRig({ plant, nodes: size = 1, env = () => ({}) }: RigOptions = {}): Promise<Rig> {
  // As for the bench: /tmp is often in memory, where a flush costs nothing (FHS 3.0 §5.15).
  const dir = mkdtempSync(join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), 'stepwire-chaos-'));
  chmodSync(dir, 0o755);
  const keeper = new Keeper();
  keeper.removeAtEnd(dir);
  const folder = (name: string) => {
    mkdirSync(join(dir, name));
    return join(dir, name);
  };
  const [{ nodes, kill: killNodes }, postgres] = await Promise.all([
    startNodes(size, folder('broker'), keeper),
    startPrivatePostgres({ dataDir: join(dir, 'postgres'), keeper }),
  ]);
  const [broker] = nodes;
  if (broker === undefined) throw new Error('a rig has a broker');
  await declareTopology(broker.url);

  const proxies = new Lines();
  const lines = new Map<string, Line>();
  const open = async (name: string, target: string): Promise<string> => {
    const line = await proxies.open(target);
    lines.set(name, line);
    return line.url;
  };
  const line = (name: string): Line => {
    const found = lines.get(name);
    if (found === undefined) throw new Error(`there is no line ${name}, only ${[...lines.keys()].join(', ')}`);
    return found;
  };
  const settings = new Map<InstanceName, Record<string, string>>();
  const composition = [
    'gateway',
    'gateway 2',
    'coordinator',
    'coordinator 2',
    'planner',
    'executor',
    'executor 2',
  ] as const;
  for (const [i, name] of composition.entries()) {
    const AMQP_URL = await open(`${name} → broker`, nodes[i % size]?.url ?? broker.url);
    const ofDatabase = name.startsWith('coordinator')
      ? { DATABASE_URL: await open(`${name} → postgres`, postgres.url) }
      : {};
    settings.set(name, { AMQP_URL, ...ofDatabase });
  }
  const program = plant === undefined ? mainOf : planted(plant, folder('planted'));
  const dataDir = folder('data');
  const stack = await startStack({
    broker,
    database: { dataDir, databaseUrl: postgres.url },
    services: { gateway: 2, coordinator: 2, planner: 1, executor: 2 },
    // A short lease, so that a run of minutes sees many of them lost.
    env: (name) => ({
      LOG_LEVEL: 'warn',
      LEASE_MS: '5000',
      COMMANDS_PER_SECOND: '1000000',
      // what lives in a gateway can be counted: on SIGUSR1 V8's inspector listens, on any free port
      ...(name.startsWith('gateway') ? { NODE_OPTIONS: '--inspect-port=0' } : {}),
      ...env(name),
      ...settings.get(name),
    }),
    mainOf: (service) => (service === 'executor' ? chaosExecutor(program) : program(service)),
  });
  const urls: string[] = [];
  for (const [i, url] of stack.urls.entries()) urls.push(await open(`clients → gateway${i === 0 ? '' : ' 2'}`, url));
  const amqpUrl = await open('publishers → broker', broker.url);

  const down = new Set<InstanceName>();
  const ownDeaths: string[] = [];
  const supervisor = setInterval(() => {
    for (const name of stack.instances) {
      if (down.has(name) || stack.alive(name)) continue;
      const lines = stack.logs(name).trimEnd().split('\n');
      if (lines.at(-1) !== SUICIDE_NOTE) ownDeaths.push(`${name}:\n${lines.slice(-12).join('\n')}`);
      down.add(name);
      void stack.restart(name).finally(() => down.delete(name));
    }
  }, LOOK_EVERY_MS);

  return {
    broker,
    nodes,
    postgres,
    plant,
    mainOf: program,
    stack,
    dataDir,
    amqpUrl,
    urls,
    line,
    lineNames: [...lines.keys()],
    ownDeaths,
    async kill(name, meanwhile) {
      // it may just have ended by itself
      await waitFor(() => !down.has(name));
      down.add(name);
      try {
        await stack.kill(name);
        await meanwhile?.();
        await stack.restart(name);
      } finally {
        down.delete(name);
      }
    },
    async rabbitmqctl(...args) {
      const { stdout } = await run(join(dirname(findRabbitmqServer() ?? ''), 'rabbitmqctl'), args, {
        env: { ...broker.env },
      });
      return stdout;
    },
    async sql(statement) {
      const psql = join(findPostgresBin() ?? '', 'psql');
      const { stdout } = await run(psql, ['-qAt', '-v', 'ON_ERROR_STOP=1', '-c', statement, postgres.url]);
      return stdout;
    },
    async ready() {
      for (const it of lines.values()) it.release();
      await waitFor(() => down.size === 0, { timeoutMs: 30_000 });
      await stack.ready();
    },
    async stop(keepLogs) {
      clearInterval(supervisor);
      // their data are thrown away
      await Promise.all(stack.instances.map((name) => stack.kill(name)));
      await Promise.all([killNodes(), postgres.kill()]);
      await proxies.close();
      const kept = keepLogs ? mkdtempSync(join(tmpdir(), 'stepwire-chaos-logs-')) : undefined;
      if (kept !== undefined) cpSync(join(dataDir, 'logs'), kept, { recursive: true });
      await keeper.close();
      return kept;
    },
  };
}

/** Our own, with tools that ask, fail and poison; it stands beside the services, with a defect in them or without. */
const chaosExecutor = (mainOfService: typeof mainOf): string =>
  join(dirname(mainOfService('coordinator')), '..', '..', 'e2e', 'dist', 'chaos', 'agent', 'main.js');

async function startNodes(
  size: number,
  dataDir: string,
  keeper: Keeper,
): Promise<{ readonly nodes: readonly PrivateBroker[]; kill(): Promise<void> }> {
  if (size > 1) return startPrivateCluster({ dataDir, nodes: size, orphanSignal: 'KILL', keeper });
  const node = await startPrivateBroker({ dataDir, orphanSignal: 'KILL', keeper });
  return { nodes: [node], kill: node.kill };
}
