/** Something found in a text: UTF-16 offsets, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Which parts of a text are spoken for. Finders run from the most to the least telling, so that a number inside a URL
 * is part of the URL and no phone number.
 */
export class Occupied {
  readonly #taken: Uint8Array;

  constructor(text: string) {
    this.#taken = new Uint8Array(text.length);
  }

  /** Keeps what overlaps nothing that was kept before, at most `limit` of it. */
  keep<T extends Span>(found: Iterable<T>, limit: number): T[] {
    const kept: T[] = [];
    for (const span of found) {
      if (kept.length >= limit) break;
      if (this.#taken.subarray(span.start, span.end).includes(1)) continue;
      this.#taken.fill(1, span.start, span.end);
      kept.push(span);
    }
    return kept;
  }
}
