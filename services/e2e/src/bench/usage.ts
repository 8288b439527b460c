import { readFileSync } from 'node:fs';

/** CPU time and memory of other processes, from Linux's /proc (proc(5)); NaN where there is none. */

/** sysconf(_SC_CLK_TCK): 100 on every Linux that Node runs on */
const TICKS_PER_SECOND = 100;

/** user and system time of a process, with those of its children that have ended, in seconds */
export function cpuSeconds(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may itself have any; utime is the 14th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return stat === '' ? Number.NaN : ticks / TICKS_PER_SECOND;
}

/** of a process and its children: a Postgres server */
export function cpuSecondsWithChildren(pid: number): number {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  // One that ended while we looked has been added to its parent's.
  return [pid, ...children.map(Number)].map(cpuSeconds).reduce((sum, s) => sum + (Number.isNaN(s) ? 0 : s), 0);
}

/** resident memory in MiB */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
  return kib === undefined ? Number.NaN : Number(kib) / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // ended, or not a Linux: there is nothing to count
    return '';
  }
}
