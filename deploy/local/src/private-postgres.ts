import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Child, startChild } from './child.ts';
import { Keeper } from './keeper.ts';
import { freePorts } from './ports.ts';
import { waitUntil } from './wait.ts';

/** A Postgres of ours from the machine's packages: own data and port, 127.0.0.1 only, no password. */
export interface PrivatePostgresOptions {
  /** as root: must be reachable for the user `postgres`, because the server refuses to run as root */
  readonly dataDir: string;
  readonly port?: number;
  /** false: does not flush to the disk; a killed server loses nothing, a power cut may. Default true */
  readonly fsync?: boolean;
  readonly keeper?: Keeper;
}

export interface PrivatePostgres {
  /** of user and database `postgres` */
  readonly url: string;
  readonly pid: () => number;
  stop(): Promise<void>;
  /** SIGKILL of server and backends; the data stay. `restart` brings it back. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** The folder with `initdb` and `postgres` of the newest version on the machine; Debian does not put it in the PATH. */
export function findPostgresBin(path = process.env.PATH ?? ''): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...path.split(':')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** @throws Error when Postgres is missing or does not start; the message has its last words */
export async function startPrivatePostgres(options: PrivatePostgresOptions): Promise<PrivatePostgres> {
  const bin = findPostgresBin();
  if (bin === undefined) throw new Error('postgresql is not on this machine');
  const keeper = options.keeper ?? new Keeper();
  const dir = resolve(options.dataDir);
  const data = join(dir, 'data');
  const logFile = join(dir, 'postgres.out');
  const port = options.port ?? (await freePorts(1))[0] ?? 0;
  const user = process.getuid?.() === 0 ? postgresUser() : undefined;
  mkdirSync(dir, { recursive: true });
  if (user !== undefined) chownSync(dir, user.uid, user.gid);
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: dir };
  if (!existsSync(join(data, 'PG_VERSION'))) {
    const args = ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
    execFileSync(join(bin, 'initdb'), args, { ...user, cwd: dir, env, stdio: ['ignore', 'ignore', 'pipe'] });
  }
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: (options.fsync ?? true) ? 'on' : 'off',
    max_connections: 200,
  };

  let server: Child | undefined;
  const up = async () => {
    const child = await startChild({
      command: join(bin, 'postgres'),
      args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      env,
      cwd: dir,
      output: logFile,
      // "fast shutdown": ends sessions and writes a checkpoint; SIGTERM would wait for clients (postgres(1))
      stopSignal: 'INT',
      graceMs: 10_000,
      keeper,
      ...user,
    });
    server = child;
    const lastWords = () => `its last words (${logFile}):\n${readFileSync(logFile, 'utf8').slice(-2_000)}`;
    await waitUntil(
      async () => {
        if (!child.alive()) throw new Error(`postgres ended with ${await child.ended}; ${lastWords()}`);
        return isReady(bin, port);
      },
      30_000,
      () => `postgres does not answer; ${lastWords()}`,
    );
  };
  const down = async () => server?.stop();

  await up();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    pid: () => server?.pid ?? -1,
    async stop() {
      await down();
    },
    async kill() {
      await server?.kill();
    },
    async restart() {
      await down();
      await up();
    },
  };
}

/** @throws Error when there is no user `postgres` (its package makes one) */
function postgresUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function isReady(bin: string, port: number): boolean {
  try {
    execFileSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    return true;
  } catch {
    // exit code 1 or 2: not accepting yet, which is the answer
    return false;
  }
}
