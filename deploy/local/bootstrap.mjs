// What runs before anything is installed: plain JavaScript for any Node ≥ 18, with nothing but Node's own modules.
// It brings dependencies and build up to date, and does nothing where they are.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = join(root, 'node_modules', '.bin');
/** Node 24, which the npm package `node` brings where the machine's own is older */
const node = join(bin, process.platform === 'win32' ? 'node.exe' : 'node');

/** A step of the preparation failed; the message is for a person and all there is to say. */
export class PreparationError extends Error {}

/**
 * @param {(line: string) => void} say told what takes time, before it does
 * @throws PreparationError
 */
export function prepare(say) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 18) throw new PreparationError(`Node ${process.versions.node} is too old to begin with: 18 or later.`);
  if (!dependenciesAreThere()) install(say);
  build(say);
}

/** Whether npm's record of what it installed has all that the lockfile asks for (optional packages are per platform). */
function dependenciesAreThere() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record) || !existsSync(node)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const asked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(asked).every(
    ([path, { version, optional, devOptional, link }]) =>
      !path.includes('node_modules/') ||
      optional === true ||
      devOptional === true ||
      (installed[path] !== undefined && (link === true || installed[path].version === version)),
  );
}

function install(say) {
  say('Installing dependencies with npm ci (a minute or two, once) …');
  // Under npm, its own script is known; run with our Node it is the same npm on every platform.
  const npm = process.env.npm_execpath;
  const [command, ...args] = npm?.endsWith('.js') ? [process.execPath, npm, 'ci'] : ['npm', 'ci'];
  run(command, [...args, '--loglevel=error'], 'npm ci failed');
}

/** Builds when a source is newer than the last build saw; a build itself rebuilds only what changed (Nx's cache). */
function build(say) {
  const file = join(root, 'node_modules', '.cache', 'stepwire', 'built');
  const inputs = fingerprint();
  const packages = workspaceFolders();
  const isBuilt = packages.every((folder) => existsSync(join(folder, 'dist')));
  if (isBuilt && existsSync(file) && readFileSync(file, 'utf8') === inputs) return;
  say('Building …');
  rmSync(file, { force: true });
  run(node, [join(bin, 'nx'), 'run-many', '-t', 'build', '--outputStyle=static'], 'The build failed');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, inputs);
}

const workspaceFolders = () =>
  ['libs', 'services', 'deploy']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, 'tsconfig.json')));

/** Of path, size and modification time of all that a build reads. */
function fingerprint() {
  const hash = createHash('sha256');
  const add = (file) => {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(root, file)} ${size} ${mtimeMs}\n`);
  };
  for (const name of ['package.json', 'package-lock.json', 'nx.json', 'tsconfig.base.json']) add(join(root, name));
  for (const folder of workspaceFolders()) {
    for (const name of readdirSync(folder)) if (/\.(json|mjs|ts|html)$/.test(name)) add(join(folder, name));
    for (const name of ['src', 'public']) if (existsSync(join(folder, name))) walk(join(folder, name), add);
  }
  return hash.digest('hex');
}

function walk(folder, visit) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path, visit);
    else visit(path);
  }
}

/** The environment in which `node` is Node 24 and the data are this checkout's, wherever the command was given. */
const environment = () => ({
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  DATA_DIR: resolve(root, process.env.DATA_DIR || '.data'),
});

/** Runs silently; what it said appears only when it fails. */
function run(command, args, complaint) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...environment(), NX_TUI: 'false', NO_COLOR: '1' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  throw new PreparationError(`${complaint}: ${error?.message ?? ''}\n${stdout ?? ''}${stderr ?? ''}`);
}

/**
 * Goes on in a compiled file under Node 24, on the same terminal, and ends as it does. Signals are passed on; should
 * this process be killed, the closed channel tells the other to stop.
 * @param {string} file from the root
 * @param {readonly string[]} args
 */
export function continueIn(file, args = []) {
  const child = spawn(node, [join(root, file), ...args], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: environment(),
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm, killed with SIGKILL, tells nobody; its end shows in the shell between us having another parent.
  if (process.env.npm_lifecycle_event !== undefined) {
    const ancestors = () => `${process.ppid} ${parentOf(process.ppid)}`;
    const first = ancestors();
    setInterval(() => ancestors() !== first && child.kill('SIGTERM'), 1_000).unref();
  }
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
}

/** Linux only; elsewhere nobody knows */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  } catch {
    return '';
  }
}

/** {@link prepare}, with the way a command tells its troubles: one message, exit code 1. */
export function prepareOrExit() {
  try {
    prepare((line) => process.stderr.write(`${line}\n`));
  } catch (error) {
    if (!(error instanceof PreparationError)) throw error;
    process.stderr.write(`${error.message.trim()}\n`);
    process.exit(1);
  }
}
