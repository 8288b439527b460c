import { StepwireError } from '@stepwire/protocol';

/** A token bucket: `perSecond` at a steady rate, and as many at once. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** @param now ms of a monotonic clock */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#tokens = perSecond;
    this.#at = now();
  }

  /** @throws StepwireError `rate_limited` with `retryAfterMs` */
  take(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) {
      const retryAfterMs = Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
      throw new StepwireError('rate_limited', `at most ${this.#perSecond} commands a second`, { retryAfterMs });
    }
    this.#tokens -= 1;
  }
}
