import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Says one line to the person who waits. */
export type Say = (line: string) => void;

/** Whether packages can be installed here: as root, with apt. */
export const canInstallDebianPackages = (): boolean => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/**
 * Installs what is missing of these packages; the distribution's services are neither started nor enabled.
 * @param say told what will be installed before it is
 * @throws Error when apt fails; the message has its last words
 */
export async function installDebianPackages(names: readonly string[], say: Say): Promise<void> {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  say(`Installing with apt-get: ${missing.join(', ')} (their services are neither started nor enabled)`);
  await withoutServiceStarts(async () => {
    const install = ['install', '-y', '--no-install-recommends', ...missing];
    try {
      await apt(install);
    } catch {
      // The package lists of a fresh image are empty or old: read them, then a second failure is a real one.
      await apt(['update', '-q']);
      await apt(install);
    }
    for (const name of missing) disableService(name);
  });
}

/** A package enables its service; at the next boot it would run beside our private nodes, though nobody asked for it. */
function disableService(name: string): void {
  if (!existsSync(`/etc/init.d/${name}`)) return;
  try {
    execFileSync('update-rc.d', [name, 'disable'], { stdio: 'ignore' });
  } catch {
    // no init system that could start it
  }
}

export function isInstalled(name: string): boolean {
  try {
    const args = ['-W', '-f', '$' + '{Status}', name];
    return execFileSync('dpkg-query', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).endsWith(
      ' installed',
    );
  } catch {
    // unknown to dpkg, or no dpkg: not installed
    return false;
  }
}

/**
 * Package scripts ask `policy-rc.d` before they start a service; 101 means "forbidden"
 * (https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt). One that is there is put back afterwards.
 */
async function withoutServiceStarts(install: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const kept = `${policy}.before-stepwire`;
  const ours = '#!/bin/sh\n# of a stepwire installation that is under way\nexit 101\n';
  // One of ours may be left from an installation that was killed; it is nobody's to keep.
  if (existsSync(policy) && readFileSync(policy, 'utf8') !== ours) renameSync(policy, kept);
  const restore = () => {
    rmSync(policy, { force: true });
    if (existsSync(kept)) renameSync(kept, policy);
  };
  writeFileSync(policy, ours);
  chmodSync(policy, 0o755);
  process.once('exit', restore);
  try {
    await install();
  } finally {
    process.off('exit', restore);
    restore();
  }
}

async function apt(args: readonly string[]): Promise<void> {
  const child = spawn('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  const listen = (bytes: Buffer) => {
    words = (words + bytes.toString()).slice(-2_000);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${words}`);
}
