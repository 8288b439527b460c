import { closeSync, constants, futimesSync, openSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { periods } from '@stepwire/protocol';

/**
 * Proof of life for health checks of containers: an agent process touches a file after each heartbeat that the
 * coordinator answered, so a fresh one means that process, broker and coordinator work. One per role and machine.
 */
const pathOf = (role: string): string => join(tmpdir(), `stepwire-${role}.alive`);

/** @returns touches the file; never throws, since a read-only disk must not end an agent */
export function heartbeatFile(role: string): () => void {
  // No following of links: the folder belongs to everybody.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
  return () => {
    try {
      const file = openSync(pathOf(role), flags, 0o600);
      const now = new Date();
      futimesSync(file, now, now);
      closeSync(file);
    } catch {
      // The health check then says "unhealthy", which is as near to the truth as it gets.
    }
  };
}

/** Whether an agent of this role was answered within a lease. */
export function isAlive(role: string, now = Date.now(), maxAgeMs: number = periods.leaseMs): boolean {
  try {
    return now - statSync(pathOf(role)).mtimeMs <= maxAgeMs;
  } catch {
    return false;
  }
}
