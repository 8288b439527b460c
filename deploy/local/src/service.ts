import { createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild } from './child.ts';
import type { Say } from './debian.ts';
import type { Keeper } from './keeper.ts';

export interface ServiceOptions {
  readonly name: string;
  /** the compiled program */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  readonly keeper: Keeper;
  readonly say: Say;
  /** Whether warnings are to be shown by now: while a stack starts, its parts warn that others are not there yet. */
  readonly showWarnings: () => boolean;
}

/** One of our services, started again with back-off whenever it ends, until it is stopped. */
export interface Service {
  readonly name: string;
  readonly logFile: string;
  /** how often it ended by itself */
  readonly deaths: () => number;
  /** SIGTERM; services end within 10 s */
  stop(): Promise<void>;
}

const backoff = { firstMs: 500, maxMs: 15_000, resetAfterMs: 30_000 };
/** a log larger than this when its service starts is put aside, one generation */
const maxLogBytes = 10 * 1024 * 1024;

export async function startService(options: ServiceOptions): Promise<Service> {
  const { name, file, env, logFile, keeper, say } = options;
  if (existsSync(logFile) && statSync(logFile).size > maxLogBytes) {
    rmSync(`${logFile}.1`, { force: true });
    renameSync(logFile, `${logFile}.1`);
  }
  const log = createWriteStream(logFile, { flags: 'a' });
  const stopping = new AbortController();
  let deaths = 0;
  let child: Child;

  const start = async () => {
    const started = await startChild({
      command: process.execPath,
      args: ['--enable-source-maps', file],
      env,
      output: 'pipe',
      stopSignal: 'TERM',
      graceMs: 12_000,
      keeper,
    });
    for (const stream of [started.process.stdout, started.process.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on('line', (line) => {
        log.write(`${line}\n`);
        const warning = warningOf(line);
        if (warning !== undefined && options.showWarnings() && !stopping.signal.aborted) say(`${name}: ${warning}`);
      });
    }
    return started;
  };

  const watch = async () => {
    let delayMs = backoff.firstMs;
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      const how = await child.ended;
      if (stopping.signal.aborted) return;
      deaths += 1;
      if (Date.now() - startedAt > backoff.resetAfterMs) delayMs = backoff.firstMs;
      say(`${name} ended (${how}); starting it again in ${delayMs / 1000} s. Its log: ${logFile}`);
      // an abort ends the wait, and with it the loop
      await delay(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      delayMs = Math.min(delayMs * 2, backoff.maxMs);
      child = await start();
      // stopped while it was being started: nobody else knows of this one
      if (stopping.signal.aborted) await child.stop();
    }
  };

  child = await start();
  const watching = watch();
  return {
    name,
    logFile,
    deaths: () => deaths,
    async stop() {
      stopping.abort();
      await child.stop();
      await watching;
      log.end();
    },
  };
}

/** The message of a pino line of level warn (40) and above, for a person. */
function warningOf(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('level' in entry) || Number(entry.level) < 40)
      return undefined;
    return 'msg' in entry ? String(entry.msg) : line;
  } catch {
    // not one of ours: it is in the log file
    return undefined;
  }
}
