import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  findPostgresBin,
  findRabbitmqServer,
  Keeper,
  mainOf,
  startPrivateBroker,
  startPrivatePostgres,
} from '@stepwire/local';
import { declareTopology } from '@stepwire/messaging';
import { type InstanceName, type StackForTest, startStack, waitFor } from '@stepwire/testing';
import type { Fault } from './faults.ts';
import { type PlantName, planted } from './plants.ts';

/** The system under test, all of it started for this run, and the hand that breaks it. */
export interface Rig {
  readonly amqpUrl: string;
  readonly databaseUrl: string;
  readonly stack: StackForTest;
  /** services that ended though nobody killed them, and were started again, as a supervisor would */
  readonly ownDeaths: readonly string[];
  /** resolves when the fault is over and what it hit has been started again */
  carryOut(fault: Fault): Promise<void>;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 500;
const run = promisify(execFile);

export async function startRig(plant: PlantName | undefined): Promise<Rig> {
  // As for the bench: /tmp is often in memory, where a flush costs nothing (FHS 3.0 §5.15).
  const dir = mkdtempSync(join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), 'stepwire-chaos-'));
  chmodSync(dir, 0o755);
  const keeper = new Keeper();
  keeper.removeAtEnd(dir);
  const folder = (name: string) => {
    mkdirSync(join(dir, name));
    return join(dir, name);
  };
  const [broker, postgres] = await Promise.all([
    startPrivateBroker({ dataDir: folder('broker'), orphanSignal: 'KILL', keeper }),
    startPrivatePostgres({ dataDir: join(dir, 'postgres'), keeper }),
  ]);
  await declareTopology(broker.url);
  const stack = await startStack({
    broker,
    database: { dataDir: folder('data'), databaseUrl: postgres.url },
    services: { gateway: 2, coordinator: 2, planner: 1, executor: 2 },
    // A short lease, so that a run of minutes sees many of them lost.
    env: { LOG_LEVEL: 'warn', LEASE_MS: '5000' },
    mainOf: plant === undefined ? mainOf : planted(plant, folder('planted')),
  });

  const rabbitmqctl = (...args: string[]) =>
    run(join(dirname(findRabbitmqServer() ?? ''), 'rabbitmqctl'), args, { env: { ...broker.env } });
  const down = new Set<InstanceName>();
  const ownDeaths: string[] = [];
  const supervisor = setInterval(() => {
    for (const name of stack.instances) {
      if (down.has(name) || stack.alive(name)) continue;
      ownDeaths.push(`${name}:\n${stack.logs(name).trimEnd().split('\n').slice(-12).join('\n')}`);
      down.add(name);
      void stack.restart(name).finally(() => down.delete(name));
    }
  }, LOOK_EVERY_MS);

  const hold = async (pid: number, holdMs: number) => {
    process.kill(pid, 'SIGSTOP');
    await delay(holdMs);
    process.kill(pid, 'SIGCONT');
  };
  const hitBroker = async ({ kind, holdMs }: Fault) => {
    if (kind === 'freeze') return hold(broker.pid(), holdMs);
    if (kind === 'close-connections') return void (await rabbitmqctl('close_all_connections', 'chaos'));
    if (kind === 'memory-alarm') {
      await rabbitmqctl('set_vm_memory_high_watermark', '0');
      await delay(holdMs);
      return void (await rabbitmqctl('set_vm_memory_high_watermark', '0.4'));
    }
    await broker.kill();
    await delay(holdMs);
    await broker.restart();
  };
  const hitPostgres = async ({ kind, holdMs }: Fault) => {
    if (kind === 'terminate-backends') {
      const others = "pid <> pg_backend_pid() AND backend_type = 'client backend'";
      const psql = join(findPostgresBin() ?? '', 'psql');
      const sql = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE ${others}`;
      return void (await run(psql, ['-qAt', '-c', sql, postgres.url]));
    }
    if (kind === 'restart') return postgres.restart();
    await postgres.kill();
    await delay(holdMs);
    // Backends that outlive the killed server for a moment still hold its memory, and a new one refuses to start.
    await waitFor(() => postgres.restart().then(() => true), { timeoutMs: 30_000, everyMs: 200 });
  };
  const hitService = async ({ kind, holdMs }: Fault, name: InstanceName) => {
    // it may just have ended by itself
    await waitFor(() => !down.has(name));
    if (kind === 'freeze') return stack.alive(name) ? hold(stack.pid(name), holdMs) : undefined;
    down.add(name);
    try {
      await stack.kill(name);
      await delay(holdMs);
      await stack.restart(name);
    } finally {
      down.delete(name);
    }
  };
  return {
    amqpUrl: broker.url,
    databaseUrl: postgres.url,
    stack,
    ownDeaths,
    carryOut(fault) {
      const { target } = fault;
      if (target === 'broker') return hitBroker(fault);
      return target === 'postgres' ? hitPostgres(fault) : hitService(fault, target);
    },
    async stop() {
      clearInterval(supervisor);
      // their data are thrown away
      await Promise.all(stack.instances.map((name) => stack.kill(name)));
      await Promise.all([broker.kill(), postgres.kill()]);
      await keeper.close();
    },
  };
}
