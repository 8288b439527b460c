import { fnv1a32, periods } from '@stepwire/protocol';
import type { Policy } from './decision.ts';

/** The defaults of the settings in `libs/config`; periods in ms. */
export const defaultPolicy: Policy = {
  maxAttempts: 3,
  maxLeaseLosses: 10,
  retryBaseMs: 1_000,
  retryMaxMs: 30_000,
  leaseMs: periods.leaseMs,
  cancelGraceMs: periods.cancelGraceMs,
  abandonAfterMs: periods.abandonAfterMs,
  stallAfterMs: periods.stallAfterMs,
};

/** Delay in ms before the attempt that follows the `failures`-th failure. */
export const retryDelayMs = (failures: number, policy: Policy): number =>
  Math.min(policy.retryMaxMs, policy.retryBaseMs * 2 ** Math.max(0, failures - 1));

/**
 * Delay in ms before the attempt that follows the `losses`-th lost lease, the second one or a later. One of the steps that
 * lost theirs together may have killed their executor: they must not come together again, so each waits between half and
 * one and a half of the delay, by its `name`.
 */
export const lostLeaseDelayMs = (losses: number, name: string, policy: Policy): number =>
  Math.round(retryDelayMs(losses - 1, policy) * (0.5 + fnv1a32(name) / 2 ** 32));
