import type { ErrorBody } from '@stepwire/protocol';
import type { Connection } from './connection.ts';

/**
 * How the connection stands.
 * - `connecting`: being opened
 * - `live`: everything that is watched is up to date, and what happens is seen as it happens
 * - `catching-up`: open, and what was missed is on its way
 * - `offline`: not open. `retrying` tries again at `retryAt`; the others wait for the page, or for `connect()`.
 * - `failed`: given up, for the `reason`; `connect()` tries again
 */
export type ConnectionStatus =
  | { readonly state: 'connecting' | 'live' | 'catching-up' }
  | { readonly state: 'offline'; readonly reason: 'retrying'; readonly attempts: number; readonly retryAt: number }
  | { readonly state: 'offline'; readonly reason: 'disconnected' | 'no-network' | 'hidden' | 'page-left' }
  | { readonly state: 'failed'; readonly reason: ErrorBody };

/** @param behind something that is watched is not up to date */
export function statusOf({ phase, failures }: Connection, behind: boolean): ConnectionStatus {
  switch (phase.kind) {
    case 'idle':
      return { state: 'offline', reason: 'disconnected' };
    case 'opening':
      return { state: 'connecting' };
    case 'open':
      return { state: behind ? 'catching-up' : 'live' };
    case 'waiting':
      return { state: 'offline', reason: 'retrying', attempts: failures, retryAt: phase.until };
    case 'paused':
      return { state: 'offline', reason: phase.why };
    case 'failed':
      return { state: 'failed', reason: phase.refusal };
  }
}
