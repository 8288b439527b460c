import { periods } from '@stepwire/protocol';
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
