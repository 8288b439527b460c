import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import type { Keeper } from './keeper.ts';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** file that stdout and stderr are appended to, or `pipe` */
  readonly output: string | 'pipe';
  /** the polite way to end it */
  readonly stopSignal: 'TERM' | 'INT' | 'QUIT';
  /** ms from the polite signal to SIGKILL */
  readonly graceMs: number;
  readonly keeper: Keeper;
  /** what the keeper sends when we are gone; default `stopSignal` */
  readonly orphanSignal?: 'TERM' | 'INT' | 'QUIT' | 'KILL';
  readonly uid?: number;
  readonly gid?: number;
}

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** resolves when it has ended, with words for a person: `exit code 1`, `signal SIGKILL` */
  readonly ended: Promise<string>;
  readonly alive: () => boolean;
  /** politely, then with SIGKILL; resolves when it is gone */
  stop(): Promise<void>;
  /** SIGKILL to its whole process group */
  kill(): Promise<void>;
}

/**
 * A process in a group of its own: Ctrl-C in our terminal does not reach it, so that it ends in our order.
 * @throws Error when the command can't be started
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { command, keeper, graceMs, stopSignal } = options;
  const out = options.output === 'pipe' ? 'pipe' : openSync(options.output, 'a');
  const child = spawn(command, [...options.args], {
    env: { ...options.env },
    detached: true,
    stdio: ['ignore', out, out],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  await once(child, 'spawn');
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${command} has no pid`);
  keeper.watch(pid, options.orphanSignal ?? stopSignal);

  const alive = () => child.exitCode === null && child.signalCode === null;
  const ended = once(child, 'exit').then(([code, signal]) => {
    keeper.forget(pid);
    return signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  const toGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch {
      // ESRCH: the group is gone, which is what we want
    }
  };
  return {
    pid,
    process: child,
    ended,
    alive,
    async stop() {
      if (!alive()) return;
      child.kill(`SIG${stopSignal}`);
      const timer = setTimeout(() => toGroup('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      if (!alive()) return;
      toGroup('SIGKILL');
      await ended;
    },
  };
}
