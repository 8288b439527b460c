import type { RequestSnapshot } from '@stepwire/client';
import { isFinished } from '@stepwire/run-model';

/** Nothing follows; false also while nobody knows the request. */
export const hasEnded = (status: RequestSnapshot['status']): boolean =>
  status !== 'loading' && status !== 'unknown' && isFinished(status);
