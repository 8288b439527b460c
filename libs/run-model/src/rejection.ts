import type { ErrorCode } from '@stepwire/protocol';
import type { Refusal, Rejection } from './decision.ts';

export const refused = (reason: Refusal): Rejection => ({ kind: 'refused', reason });

/** @param path JSON Pointer to the offending member */
export const rejected = (code: ErrorCode, message: string, path?: string): Rejection => ({
  kind: 'rejected',
  error: { code, message, ...(path === undefined ? {} : { path }) },
});
