import type { TopologyNames } from './broker.ts';

/** Declares everything, retrying until the broker answers. @throws what the broker refuses, named */
export function declareTopology(
  _url: string,
  _options?: { readonly signal?: AbortSignal | undefined; readonly onRetry?: ((error: Error) => void) | undefined },
): Promise<void> {
  throw new Error('under construction');
}
/** @throws StepwireError `unavailable` that names everything that is missing */
export function checkTopology(_url: string, _names?: TopologyNames): Promise<void> {
  throw new Error('under construction');
}
