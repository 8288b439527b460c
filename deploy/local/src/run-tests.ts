import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDebianPackages } from './debian.ts';
import { findRabbitmqServer } from './private-broker.ts';
import { findPostgresBin } from './private-postgres.ts';
import { stopSignal } from './stop-signal.ts';
import { strayTestFiles } from './stray-tests.ts';

/**
 * `npm test`, once dependencies and build are there: lint, types, stray test files, then jest with a real broker and
 * database, then the chaos run in its short form, alone on the machine. With a path filter only the tests of jest that match.
 * Each beside those of jest counts as one in the last line.
 */
const root = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');
const say = (line: string) => process.stdout.write(`${line}\n`);
const signal = stopSignal();
const filter = process.argv.slice(2);
const count = { passed: 0, failed: 0, skipped: 0 };

const program = (name: string) => join(root, 'node_modules', '.bin', name);

async function run(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  // jest stops its services when it is told to end, and only then is it time for us
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return code === 0;
}

async function check(name: string, passes: () => Promise<boolean> | boolean): Promise<void> {
  if (signal.aborted) return;
  const ok = await passes();
  count[ok ? 'passed' : 'failed'] += 1;
  say(`${ok ? 'PASS' : 'FAIL'} ${name}`);
}

/** What the tests need beside npm packages. Not root, or not Debian: the tests themselves then say what is missing. */
async function install(): Promise<void> {
  const wanted = [
    ...(findRabbitmqServer() === undefined ? ['rabbitmq-server'] : []),
    ...(findPostgresBin() === undefined ? ['postgresql'] : []),
    // the programs that come to the front doors, and those in the README
    ...['chromium', 'curl', 'nginx', 'python3-pika', 'python3-websockets'],
    // with what it has its connections from
    ...['python3-socketio', 'python3-aiohttp'],
  ];
  await installDebianPackages(wanted, say).catch((error: unknown) => say(String(error)));
}

const jestCommand = ['--experimental-vm-modules', '--no-warnings', program('jest')];

function testsOfJest(): string[] {
  const list = execFileSync(process.execPath, [...jestCommand, '--listTests', '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files: unknown = JSON.parse(list);
  if (!Array.isArray(files)) throw new Error('jest --listTests --json gave no list');
  return files.map(String);
}

async function jest(): Promise<void> {
  if (signal.aborted) return;
  const folder = mkdtempSync(join(tmpdir(), 'stepwire-jest-'));
  const report = join(folder, 'report.json');
  await run(process.execPath, [...jestCommand, '--json', `--outputFile=${report}`, ...filter]);
  try {
    add(JSON.parse(readFileSync(report, 'utf8')));
  } catch {
    say('FAIL jest ended without a report');
    count.failed += 1;
  }
  rmSync(folder, { recursive: true, force: true });
}

/** jest's own totals; a file that can't even be run counts as one failure */
function add(report: unknown): void {
  const number = (member: string): number => {
    const value: unknown = typeof report === 'object' && report !== null ? Reflect.get(report, member) : undefined;
    if (typeof value !== 'number') throw new Error(`jest's report has no ${member}`);
    return value;
  };
  count.passed += number('numPassedTests');
  count.failed += number('numFailedTests') + number('numRuntimeErrorTestSuites');
  count.skipped += number('numPendingTests') + number('numTodoTests');
}

if (process.getuid?.() === 0) await install();
if (filter.length === 0) {
  await check('lint (biome)', () => run(program('biome'), ['check', '.']));
  await check('types of the tests (tsc)', () => run(program('tsc'), ['-p', 'tsconfig.tests.json']));
  await check('every test file is run', () => {
    const stray = strayTestFiles(root, testsOfJest());
    for (const file of stray) say(`  no runner picks up ${file}`);
    return stray.length === 0;
  });
}
await jest();
if (filter.length === 0) {
  const short = ['--seed', '1', '--minutes', '0.5'];
  await check('the chaos run, short form', () =>
    run(process.execPath, [join(root, 'services/e2e/dist/chaos/main.js'), ...short]),
  );
}
if (signal.aborted) count.failed += 1;
say(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);
