import { randomUUID } from 'node:crypto';
import { type Options, parseOptions, UsageError, usage } from './options.ts';
import { jsonOutput, liveOutput, type Output, plainOutput } from './output.ts';
import { prompt } from './prompt.ts';
import { run } from './run.ts';

const CONNECT_TIMEOUT_MS = 2_500;
const PATIENCE_MS = 60_000;
/** One Ctrl-C comes more than once: from the terminal to the whole group, and again from npm and the bootstrap. */
const SAME_INTERRUPT_MS = 300;

async function main(options: Options): Promise<number> {
  const { task, json } = options;
  const isLive = !json && process.stdout.isTTY && process.env.TERM !== 'dumb' && !process.env.CI;
  const canAsk = isLive && process.stdin.isTTY;
  const { exitCode, interrupt } = run(
    {
      ...options,
      requestId: task.kind === 'watch' ? task.requestId : `ask-${randomUUID()}`,
      prompt: canAsk ? prompt : null,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      patienceMs: PATIENCE_MS,
    },
    output(json, isLive),
  );
  let lastAt = 0;
  const onSignal = () => {
    const now = performance.now();
    if (now - lastAt > SAME_INTERRUPT_MS) interrupt();
    lastAt = now;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // The bootstrap was killed: nobody is left to be told how it ends.
  process.once('disconnect', () => process.exit(130));
  return exitCode;
}

function output(json: boolean, isLive: boolean): Output {
  if (isLive) return liveOutput(process.stdout);
  const out = (text: string) => process.stdout.write(text);
  const err = (text: string) => process.stderr.write(text);
  return json ? jsonOutput(out, err) : plainOutput(out, err);
}

/** At once when all is written: a connection that never came about may hold its socket for long. */
function leave(code: number): void {
  process.stdout.write('', () => process.exit(code));
}

// Whoever reads has gone (`| head -1`): nobody is left to tell, and that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === 'help') process.stdout.write(`${usage}\n`);
  else leave(await main(options));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}\n`);
  process.exitCode = 2;
}
