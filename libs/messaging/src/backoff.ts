export interface BackoffPolicy {
  /** the first delay, before jitter (ms) */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Delays that double up to a limit; each is drawn from the upper half, so that those who failed together do not return together. */
export class Backoff {
  readonly #policy: BackoffPolicy;
  readonly #random: () => number;
  #failures = 0;

  constructor(policy: BackoffPolicy, random: () => number = Math.random) {
    this.#policy = policy;
    this.#random = random;
  }

  /** ms to wait after one more failure */
  next(): number {
    const ceiling = Math.min(this.#policy.maxMs, this.#policy.baseMs * 2 ** Math.min(this.#failures++, 30));
    return ceiling / 2 + (this.#random() * ceiling) / 2;
  }

  reset(): void {
    this.#failures = 0;
  }
}
