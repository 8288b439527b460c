import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './error-code.ts';

/** Only one stack may use a data folder. The lock names its process, so one left by a killed process counts for nothing. */
export interface DataDirLock {
  release(): void;
}

export class DataDirTakenError extends Error {
  override readonly name = 'DataDirTakenError';
  /** of the process that holds it */
  readonly pid: number;
  constructor(dataDir: string, pid: number) {
    super(`Stepwire already runs on ${dataDir} (process ${pid}). Stop it first, or give this one its own DATA_DIR.`);
    this.pid = pid;
  }
}

/** @throws DataDirTakenError */
export function lockDataDir(dataDir: string): DataDirLock {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'start.lock');
  const own = `${process.pid} ${startOf(process.pid)}`;
  for (;;) {
    try {
      writeFileSync(file, own, { flag: 'wx' });
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const [pid = '', ...started] = read(file).split(' ');
    // A number alone may have been given to somebody else since: the start time tells.
    if (pid !== '' && started.join(' ') === startOf(Number(pid))) throw new DataDirTakenError(dataDir, Number(pid));
    rmSync(file, { force: true });
  }
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // released in this moment: the next try will get it
    return '';
  }
};

/** When the process was started, as `ps` says it; a word no lock holds when there is no such process. */
function startOf(pid: number): string {
  try {
    // Linux: field 22 of stat, after the name in parentheses (proc_pid_stat(5)); bare machines have no ps.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    try {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    } catch {
      return 'gone';
    }
  }
}
