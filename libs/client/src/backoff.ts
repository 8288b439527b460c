export interface BackoffOptions {
  /** the longest pause after the first failure (ms); default 500 */
  readonly baseMs?: number;
  /** the longest pause of all (ms); default 30 000 */
  readonly maxMs?: number;
}

/** Pauses that double, each drawn from its upper half so that clients that lost one gateway do not come back as one. */
export function backoffMs(failures: number, options: BackoffOptions, random: () => number): number {
  const { baseMs = 500, maxMs = 30_000 } = options;
  const longest = Math.min(maxMs, baseMs * 2 ** (failures - 1));
  return Math.round(longest * (0.5 + random() / 2));
}
