import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Child,
  freePorts,
  Keeper,
  mainOf as mainOfBuilt,
  type ServiceName,
  serviceNames,
  startChild,
} from '@stepwire/local';
import type { BrokerForTest } from './broker.ts';
import type { DatabaseForTest } from './database.ts';
import { waitFor } from './wait-for.ts';

/** Names one process of a stack: the service, and for the second and later ones its number: `executor`, `executor 2`. */
export type InstanceName = ServiceName | `${ServiceName} ${number}`;

export interface StackOptions {
  readonly broker: Pick<BrokerForTest, 'url'>;
  readonly database: Pick<DatabaseForTest, 'dataDir' | 'databaseUrl'>;
  /** processes per service; default 1 of each. PGlite allows one coordinator. */
  readonly services?: Partial<Record<ServiceName, number>>;
  /** settings beside those of broker, database and address, for all services or for each; their names are in libs/config */
  readonly env?: Readonly<Record<string, string>> | ((name: InstanceName) => Readonly<Record<string, string>>);
  /** ms until every gateway's `/ready` must answer 200; default 60 000 */
  readonly readyTimeoutMs?: number;
  /** other programs than those of this checkout */
  readonly mainOf?: (service: ServiceName) => string;
}

/** The real, built services (`dist`) as processes of their own, on free ports. Without a gateway nothing is waited for. */
export interface StackForTest {
  /** of the first gateway */
  readonly url: string;
  /** of all gateways */
  readonly urls: readonly string[];
  readonly instances: readonly InstanceName[];
  /** all that it wrote so far, over all its lives */
  logs(name: InstanceName): string;
  /** Its log lines parsed, without those that are no JSON. */
  logEntries(name: InstanceName): Record<string, unknown>[];
  pid(name: InstanceName): number;
  alive(name: InstanceName): boolean;
  /** SIGKILL */
  kill(name: InstanceName): Promise<void>;
  /** SIGTERM, and SIGKILL after 12 s. @returns how it ended: `exit code 0` */
  terminate(name: InstanceName): Promise<string>;
  /** SIGSTOP: it keeps its connections and does nothing */
  freeze(name: InstanceName): void;
  thaw(name: InstanceName): void;
  /** kills it if it lives, and starts it again with the same settings */
  restart(name: InstanceName): Promise<void>;
  /** until every gateway that lives is ready */
  ready(): Promise<void>;
  /** ends all of them politely; frozen ones are thawed for it */
  stop(): Promise<void>;
}

interface Instance {
  readonly service: ServiceName;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  /** only gateways */
  readonly url?: string;
  child?: Child;
}

/** @throws Error when a gateway is not ready in time or a service ends; with the last log lines of all */
export async function startStack(options: StackOptions): Promise<StackForTest> {
  const { broker, database, services = {}, readyTimeoutMs = 60_000, mainOf = mainOfBuilt } = options;
  const keeper = new Keeper();
  const logs = join(database.dataDir, 'logs');
  mkdirSync(logs, { recursive: true });
  const instances = new Map<InstanceName, Instance>();
  for (const service of serviceNames) {
    for (let number = 1; number <= (services[service] ?? 1); number++) {
      const name: InstanceName = number === 1 ? service : `${service} ${number}`;
      const [port = 0] = await freePorts(1);
      instances.set(name, {
        service,
        logFile: join(logs, `${name}.log`),
        ...(service === 'gateway' ? { url: `http://127.0.0.1:${port}` } : {}),
        env: {
          PATH: process.env.PATH,
          AMQP_URL: broker.url,
          DATA_DIR: database.dataDir,
          ...(database.databaseUrl === undefined ? {} : { DATABASE_URL: database.databaseUrl }),
          HOST: '127.0.0.1',
          PORT: String(port),
          ...(typeof options.env === 'function' ? options.env(name) : options.env),
        },
      });
    }
  }

  const instance = (name: InstanceName): Instance => {
    const found = instances.get(name);
    if (found === undefined) throw new Error(`this stack has no ${name}, only ${[...instances.keys()].join(', ')}`);
    return found;
  };
  const running = (name: InstanceName): Child => {
    const { child } = instance(name);
    if (child === undefined) throw new Error(`${name} was never started`);
    return child;
  };
  const logsOf = (name: InstanceName): string => {
    const { logFile } = instance(name);
    return existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
  };
  const start = async (name: InstanceName): Promise<void> => {
    const it = instance(name);
    it.child = await startChild({
      command: process.execPath,
      args: ['--enable-source-maps', mainOf(it.service)],
      env: it.env,
      output: it.logFile,
      stopSignal: 'TERM',
      orphanSignal: 'KILL',
      graceMs: 12_000,
      keeper,
    });
  };
  const lastWords = () =>
    [...instances.keys()].map((name) => `--- ${name}\n${logsOf(name).trimEnd().split('\n').slice(-15).join('\n')}`);

  const ready = async () => {
    const gateways = [...instances.values()].filter(({ url, child }) => url !== undefined && child?.alive());
    try {
      await Promise.all(
        gateways.map(({ url }) =>
          waitFor(() => isReady(url ?? ''), { timeoutMs: readyTimeoutMs, everyMs: 50, what: `${url}/ready` }),
        ),
      );
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${lastWords().join('\n')}`);
    }
  };
  const stop = async () => {
    for (const { child } of instances.values()) child?.process.kill('SIGCONT');
    await Promise.all([...instances.values()].map(({ child }) => child?.stop()));
  };

  await Promise.all([...instances.keys()].map(start));
  try {
    await ready();
  } catch (error) {
    await Promise.all([...instances.values()].map(({ child }) => child?.kill()));
    throw error;
  }

  const urls = [...instances.values()].flatMap(({ url }) => (url === undefined ? [] : [url]));
  return {
    url: urls[0] ?? '',
    urls,
    instances: [...instances.keys()],
    logs: logsOf,
    logEntries: (name) => logsOf(name).split('\n').flatMap(parsed),
    pid: (name) => running(name).pid,
    alive: (name) => running(name).alive(),
    kill: (name) => running(name).kill(),
    async terminate(name) {
      const child = running(name);
      await child.stop();
      return child.ended;
    },
    freeze: (name) => void process.kill(running(name).pid, 'SIGSTOP'),
    thaw: (name) => void process.kill(running(name).pid, 'SIGCONT'),
    async restart(name) {
      await running(name).kill();
      await start(name);
    },
    ready,
    stop,
  };
}

/** @throws Error with the gateway's answer while it is not ready, for the message of a timeout */
async function isReady(url: string): Promise<true> {
  const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return true;
}

function parsed(line: string): Record<string, unknown>[] {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? [{ ...entry }] : [];
  } catch {
    // a stack trace or a note of Node's: `logs` has it
    return [];
  }
}
