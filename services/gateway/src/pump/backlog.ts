import { StepwireError } from '@stepwire/protocol';
import type { Sink } from './sink.ts';

/** Whoever takes nothing of a history for this long is cut off (ms). */
const DRAIN_WITHIN_MS = 30_000;

/** What waits for one client to read it, and when that is too much. What it asked for itself is not held against it. */
export class Backlog {
  readonly #sink: Sink;
  readonly #maxBytes: number;
  #allowedBytes = 0;

  constructor(sink: Sink, maxBytes: number) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  /** What waits now is history, which may be as large as it is. */
  allow(): void {
    this.#allowedBytes = this.#sink.bufferedBytes();
  }

  isOver(): boolean {
    const bytes = this.#sink.bufferedBytes();
    // history drains first
    this.#allowedBytes = Math.min(this.#allowedBytes, bytes);
    return bytes - this.#allowedBytes > this.#maxBytes;
  }

  /** @returns false: it did not drain within {@link DRAIN_WITHIN_MS} */
  async drained(): Promise<boolean> {
    if (this.#sink.bufferedBytes() === 0) return true;
    const tooLong = Promise.withResolvers<false>();
    const timer = setTimeout(() => tooLong.resolve(false), DRAIN_WITHIN_MS);
    try {
      return await Promise.race([this.#sink.drained().then(() => true), tooLong.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  refusal(): StepwireError {
    return new StepwireError(
      'slow_consumer',
      `more than ${this.#maxBytes} bytes waited to be read (MAX_BACKLOG_BYTES)`,
    );
  }
}
