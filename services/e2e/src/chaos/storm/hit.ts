import { setTimeout as delay } from 'node:timers/promises';
import { type InstanceName, waitFor } from '@stepwire/testing';
import type { Rig } from '../rig.ts';
import type { Fault } from './faults.ts';

/** somebody commits within this (ms); where nobody does, there is nothing to break */
const COMMIT_WITHIN_MS = 3_000;
/** one chunk of bytes takes at most this on a slow line (ms) */
const SLOW_MS = 150;

/**
 * Resolves when the fault is over and what it hit has been started again.
 * @returns false where there was nothing to hit: nobody committed
 */
export async function carryOut(rig: Rig, fault: Fault): Promise<boolean> {
  const { target, kind } = fault;
  const name = rig.stack.instances.find((instance) => instance === target);
  if (name !== undefined && kind.endsWith('commit')) return hitCommit(rig, fault, name);
  if (target === 'broker') await hitBroker(rig, fault);
  else if (target === 'postgres') await hitPostgres(rig, fault);
  else if (name === undefined) await hitLine(rig, fault);
  else await hitService(rig, fault, name);
  return true;
}

async function hitBroker({ broker, rabbitmqctl }: Rig, { kind, holdMs }: Fault): Promise<void> {
  switch (kind) {
    case 'freeze':
      return hold(broker.pid(), holdMs);
    case 'close-connections':
      return void (await rabbitmqctl('close_all_connections', 'chaos'));
    case 'memory-alarm':
      await rabbitmqctl('set_vm_memory_high_watermark', '0');
      await delay(holdMs);
      return void (await rabbitmqctl('set_vm_memory_high_watermark', '0.4'));
    case 'disk-alarm':
      // more than there is on any disk
      await rabbitmqctl('set_disk_free_limit', '1000000GB');
      await delay(holdMs);
      return void (await rabbitmqctl('set_disk_free_limit', '50MB'));
    default:
      await broker.kill();
      await delay(holdMs);
      await broker.restart();
  }
}

async function hitPostgres({ postgres, sql }: Rig, { kind, holdMs }: Fault): Promise<void> {
  if (kind === 'terminate-backends') {
    const others = "pid <> pg_backend_pid() AND backend_type = 'client backend'";
    return void (await sql(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE ${others}`));
  }
  if (kind === 'restart') return postgres.restart();
  await postgres.kill();
  await delay(holdMs);
  // Backends that outlive the killed server for a moment still hold its memory, and a new one refuses to start.
  await waitFor(() => postgres.restart().then(() => true), { timeoutMs: 30_000, everyMs: 200 });
}

async function hitService(rig: Rig, { kind, holdMs }: Fault, name: InstanceName): Promise<void> {
  const { stack } = rig;
  if (kind === 'freeze') return stack.alive(name) ? hold(stack.pid(name), holdMs) : undefined;
  return rig.kill(name, () => delay(holdMs));
}

async function hitCommit(rig: Rig, { kind, holdMs }: Fault, name: InstanceName): Promise<boolean> {
  const line = rig.line(`${name} → postgres`);
  const caught = line.ambushCommit(kind.endsWith('after-commit') ? 'after' : 'before').then(() => true);
  const hit = await Promise.race([caught, delay(COMMIT_WITHIN_MS, false)]);
  if (hit) {
    if (kind.startsWith('kill')) await rig.kill(name, () => delay(holdMs));
    else line.cut(true);
    await delay(holdMs);
  }
  line.release();
  return hit;
}

async function hitLine(rig: Rig, { kind, target, holdMs }: Fault): Promise<void> {
  const line = rig.line(target);
  if (kind === 'cut') line.cut(true);
  else if (kind === 'slow') line.slow(SLOW_MS);
  else line.hold(kind === 'half-open, questions' ? 'questions' : 'answers');
  await delay(holdMs);
  line.release();
}

async function hold(pid: number, holdMs: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await delay(holdMs);
  // whoever was killed meanwhile needs no waking
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
