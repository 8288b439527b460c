import { link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * PGlite in a worker thread, its files in `<dataDir>/database`. It survives a killed process, not a power cut: it does
 * not flush (https://pglite.dev/docs/filesystems).
 */
export interface LocalDatabase {
  /** folder of the Unix socket: `host` for the driver */
  readonly host: string;
  /** resolves when the thread ended without being asked to */
  readonly died: Promise<Error>;
  close(): Promise<void>;
}

/** @throws Error where another coordinator has the files open */
export async function openLocalDatabase(dataDir: string): Promise<LocalDatabase> {
  const folder = join(dataDir, 'database');
  await mkdir(folder, { recursive: true });
  const unlock = await lock(join(dataDir, 'database.lock'));
  // a Unix socket's path is at most 107 bytes (unix(7)), so it can't be in a data folder of any depth
  const host = await mkdtemp(join(tmpdir(), 'stepwire-'));
  const worker = new Worker(new URL(`./pglite-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: { folder, socketPath: join(host, '.s.PGSQL.5432') },
  });
  const ended = new Promise<Error>((resolve) => {
    worker.once('error', resolve);
    worker.once('exit', (code) => resolve(new Error(`the database thread ended with code ${code}`)));
  });
  const up = new Promise<void>((resolve) => worker.once('message', () => resolve()));
  const failure = await Promise.race([up, ended]);
  if (failure !== undefined) {
    await unlock();
    throw failure;
  }
  let closing = false;
  return {
    host,
    died: new Promise((resolve) => {
      void ended.then((error) => closing || resolve(error));
    }),
    async close() {
      closing = true;
      worker.postMessage('close');
      await ended;
      await rm(host, { recursive: true, force: true });
      await unlock();
    },
  };
}

/** A lock file that names its owner; one whose owner no longer lives is taken over. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    const mine = `${path}.${process.pid}`;
    await writeFile(mine, await identityOf(process.pid));
    try {
      // linked, not written in place: whoever reads the lock reads its owner
      await link(mine, path);
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      await rm(mine);
    }
    const owner = await readFile(path, 'utf8').catch(() => '');
    const pid = Number.parseInt(owner, 10);
    if (owner !== '' && owner === (await identityOf(pid))) {
      throw new Error(
        `the database in ${path.slice(0, -'.lock'.length)} is open in another coordinator (process ${pid}); ` +
          'use DATABASE_URL to share one between several',
      );
    }
    await rm(path, { force: true });
  }
}

/** Process id and, where the system tells it, the start time: ids are given out again (proc(5), field 22). */
async function identityOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat !== undefined) return `${pid} ${stat.slice(stat.lastIndexOf(')')).split(' ')[20]}`;
  try {
    process.kill(pid, 0);
    return String(pid);
  } catch {
    // the signal 0 only asks whether the process is there
    return '';
  }
}
