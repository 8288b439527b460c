import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { type Child, startChild } from './child.ts';
import { Keeper } from './keeper.ts';
import { freePorts, speaksAmqp } from './ports.ts';
import { waitUntil } from './wait.ts';

/**
 * RabbitMQ from the machine's own packages as a node of ours: own name, ports, data, cookie and port mapper, listening
 * on 127.0.0.1 only. It shares nothing with a broker that the machine runs otherwise.
 */
export interface PrivateBrokerOptions {
  /** everything the node writes is below this folder; a second start continues with the same data */
  readonly dataDir: string;
  /** AMQP port; default any free one */
  readonly port?: number;
  /** with the management plugin (HTTP API); default false */
  readonly management?: boolean;
  /** when the process of ours that started it is killed, it ends politely (`TERM`, the default) or at once */
  readonly orphanSignal?: 'TERM' | 'KILL';
  /** ms until it must answer; default 60 000 */
  readonly timeoutMs?: number;
  readonly keeper?: Keeper;
  /** as one node of several; see {@link file://./private-cluster.ts} */
  readonly member?: ClusterMember;
}

export interface ClusterMember {
  /** Erlang node name, another for each */
  readonly node: string;
  /** a node that runs and that this one joins at its first start; undefined for the first */
  readonly seed?: string | undefined;
  /** Erlang cookie of all of them */
  readonly cookie: string;
  /** where the port mapper listens that they have in common */
  readonly epmdPort: number;
}

export interface PrivateBroker {
  /** AMQP URL of user guest, vhost `/` */
  readonly url: string;
  /** Erlang node name */
  readonly node: string;
  /** base of the HTTP API without `/api`; user and password are guest */
  readonly managementUrl?: string;
  /** with these, `rabbitmqctl` of the same package talks to this node */
  readonly env: Readonly<Record<string, string>>;
  /** of the Erlang VM now; SIGSTOP and SIGKILL reach the broker itself */
  readonly pid: () => number;
  /** resolves when the node ends, for whatever reason, with words for a person */
  readonly ended: () => Promise<string>;
  stop(): Promise<void>;
  /** SIGKILL; the data stay. `restart` brings it back. */
  kill(): Promise<void>;
  /** stops it if it runs, and starts it again on the same ports and data */
  restart(): Promise<void>;
}

/** The start script itself: Debian's wrapper in /usr/sbin refuses anybody but root and rabbitmq, and changes user. */
export function findRabbitmqServer(path = process.env.PATH ?? ''): string | undefined {
  const folders = ['/usr/lib/rabbitmq/bin', ...path.split(delimiter), '/usr/local/sbin', '/usr/sbin'];
  return folders.map((folder) => join(folder, 'rabbitmq-server')).find((file) => existsSync(file));
}

/** @throws Error when rabbitmq-server is missing, ends early or does not answer in time; the message has its last words */
export async function startPrivateBroker(options: PrivateBrokerOptions): Promise<PrivateBroker> {
  const server = findRabbitmqServer();
  if (server === undefined) throw new Error('rabbitmq-server is not on this machine');
  const keeper = options.keeper ?? new Keeper();
  const dir = resolve(options.dataDir);
  const [freePort = 0, managementPort = 0, distributionPort = 0, ownEpmdPort = 0] = await freePorts(4);
  const port = options.port ?? freePort;
  const { management = false, member } = options;
  const epmdPort = member?.epmdPort ?? ownEpmdPort;
  const env = writeConfiguration(dir, { port, managementPort, distributionPort, epmdPort, management, member });
  const logFile = join(dir, 'rabbitmq.out');

  let mapper: Child | undefined;
  let broker: Child | undefined;
  const up = async () => {
    if (member === undefined) mapper = await startMapper({ port: epmdPort, output: logFile, keeper });
    broker = await startChild({
      command: server,
      args: [],
      env,
      cwd: dir,
      output: logFile,
      stopSignal: 'TERM',
      orphanSignal: options.orphanSignal ?? 'TERM',
      graceMs: 10_000,
      keeper,
    });
    const started = broker;
    try {
      await waitUntil(
        async () => {
          if (!started.alive()) throw new Error(`rabbitmq-server ended with ${await started.ended}`);
          return (await speaksAmqp('127.0.0.1', port)) && (!management || (await answers(managementPort)));
        },
        options.timeoutMs ?? 60_000,
        () => 'rabbitmq-server does not answer',
      );
    } catch (error) {
      await down();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${reason}; its last words (${logFile}):\n${tail(logFile)}`);
    }
  };
  const down = async () => {
    await broker?.stop();
    await mapper?.stop();
  };

  await up();
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    node: env.RABBITMQ_NODENAME,
    ...(management ? { managementUrl: `http://127.0.0.1:${managementPort}` } : {}),
    env,
    pid: () => broker?.pid ?? -1,
    ended: () => broker?.ended ?? Promise.resolve('not started'),
    stop: down,
    async kill() {
      await broker?.kill();
      await mapper?.stop();
    },
    async restart() {
      await down();
      await up();
    },
  };
}

/** Erlang's port mapper, in the foreground: otherwise the VM starts one as a daemon, which nobody stops. */
export function startMapper({ port, output, keeper }: MapperOptions): Promise<Child> {
  return startChild({
    command: 'epmd',
    args: ['-port', String(port), '-address', '127.0.0.1'],
    env: inherited(),
    output,
    stopSignal: 'TERM',
    orphanSignal: 'KILL',
    graceMs: 1_000,
    keeper,
  });
}

interface MapperOptions {
  readonly port: number;
  /** file for what it says */
  readonly output: string;
  readonly keeper: Keeper;
}

interface NodeSettings {
  readonly port: number;
  readonly managementPort: number;
  readonly distributionPort: number;
  readonly epmdPort: number;
  readonly management: boolean;
  readonly member: ClusterMember | undefined;
}

/** @returns the node's whole environment: nothing of the machine's own RabbitMQ settings gets in */
function writeConfiguration(dir: string, ports: NodeSettings) {
  const { member } = ports;
  mkdirSync(join(dir, 'log'), { recursive: true });
  const config = join(dir, 'rabbitmq.conf');
  const plugins = join(dir, 'enabled_plugins');
  const lines = [
    `listeners.tcp.local = 127.0.0.1:${ports.port}`,
    'log.file.level = warning',
    'log.console = false',
    // a laptop's disk is often fuller than the default asks for; below this the broker would block all publishers
    'disk_free_limit.absolute = 50MB',
    // the default of 512 MB is for servers (https://www.rabbitmq.com/docs/quorum-queues#resource-use)
    'raft.wal_max_size_bytes = 67108864',
    ...(ports.management
      ? [
          'management.tcp.ip = 127.0.0.1',
          `management.tcp.port = ${ports.managementPort}`,
          'management.disable_stats = false',
          'collect_statistics_interval = 5000',
        ]
      : []),
    ...(member?.seed === undefined
      ? []
      : [
          'cluster_formation.peer_discovery_backend = classic_config',
          ...[member.seed, member.node].map((node, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${node}`),
        ]),
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  writeFileSync(plugins, ports.management ? '[rabbitmq_management].\n' : '[].\n');
  const cookie = join(dir, '.erlang.cookie');
  if (member !== undefined && !existsSync(cookie)) writeFileSync(cookie, member.cookie, { mode: 0o400 });
  return {
    ...inherited(),
    // The Erlang cookie is made in HOME, so nobody else's rabbitmqctl can talk to this node.
    HOME: dir,
    RABBITMQ_NODENAME: member?.node ?? 'stepwire@localhost',
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_ADVANCED_CONFIG_FILE: join(dir, 'advanced.config'),
    RABBITMQ_CONF_ENV_FILE: join(dir, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(dir, 'config'),
    RABBITMQ_PID_FILE: join(dir, 'rabbitmq.pid'),
    RABBITMQ_DIST_PORT: String(ports.distributionPort),
    // The start script then becomes the VM instead of watching over it: our signals reach the broker itself.
    RABBITMQ_ALLOW_INPUT: 'true',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-noinput -kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_PORT: String(ports.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}

/** of our environment, what has nothing to do with RabbitMQ or Erlang */
function inherited(): Record<string, string> {
  const foreign = /^(RABBITMQ_|ERL_|NODE_|NOTIFY_SOCKET|LOG_LEVEL|MNESIA_BASE)/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || foreign.test(name) ? [] : [[name, value]],
    ),
  );
}

async function answers(managementPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${managementPort}/api/overview`, {
      headers: { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` },
      signal: AbortSignal.timeout(2_000),
    });
    return response.ok;
  } catch {
    // not listening yet: that is the answer
    return false;
  }
}

const tail = (file: string, lines = 15): string =>
  existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '';
