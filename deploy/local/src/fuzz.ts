import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stopSignal } from './stop-signal.ts';

const usage = `Usage: npm run fuzz -- [--seconds <n>] [--seed <n>] [--only <name>]

Runs every fuzzer, *.fuzz.test.ts, for so many seconds each (60); one that finds something prints the input, as small as it
could be made, and the seed that leads there again. --only takes part of a file's name: event, cursors, doors …`;

const DEFAULT_SECONDS = 60;
const root = fileURLToPath(new URL('../../../', import.meta.url));

function options(): { seconds: number; seed: string | undefined; only: string } {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { seconds: text, seed: text, only: text } });
  const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
  if (!(seconds > 0)) throw new Error(`--seconds must be a number above 0, is "${values.seconds}"`);
  if (values.seed !== undefined && !/^-?\d+$/.test(values.seed)) throw new Error('--seed must be a whole number');
  return { seconds, seed: values.seed, only: values.only ?? '' };
}

try {
  const { seconds, seed, only } = options();
  const jest = ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules', '.bin', 'jest')];
  const child = spawn(process.execPath, [...jest, '--verbose', `/test/fuzz/[^/]*${only}[^/]*\\.fuzz\\.test\\.ts$`], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FUZZ_SECONDS: String(seconds), ...(seed === undefined ? {} : { FUZZ_SEED: seed }) },
  });
  stopSignal().addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  process.exit(code === 0 ? 0 : 1);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}\n`);
  process.exit(2);
}
