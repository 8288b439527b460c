import { closeSync, constants, futimesSync, openSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Proof of life for health checks of containers: after each heartbeat that the coordinator answered, an agent process
 * sets a file's time to when that proof runs out. So one in the future means that process, broker and coordinator work.
 * One file per role and machine. This module imports nothing else of ours: a health check starts every few seconds.
 */
const pathOf = (role: string): string => join(tmpdir(), `stepwire-${role}.alive`);

/** @returns renews the proof for `leaseMs`; never throws, since a full disk must not end an agent */
export function heartbeatFile(role: string, leaseMs: number): () => void {
  // No following of links: the folder belongs to everybody.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
  return () => {
    try {
      const file = openSync(pathOf(role), flags, 0o600);
      const until = new Date(Date.now() + leaseMs);
      futimesSync(file, until, until);
      closeSync(file);
    } catch {
      // The health check then says "unhealthy", which is as near to the truth as it gets.
    }
  };
}

/** Whether an agent of this role was answered within its lease. */
export function isAlive(role: string, now = Date.now()): boolean {
  try {
    return statSync(pathOf(role)).mtimeMs >= now;
  } catch {
    return false;
  }
}
