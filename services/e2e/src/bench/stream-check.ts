import type { Frame } from './load.ts';

/** Holds one request's stream to its promise: every event exactly once and in order. */
export class StreamCheck {
  readonly #numbered: boolean;
  #n = 0;
  #seq = 0;

  /** @param numbered frames carry a `seq`, dense from 1 */
  constructor(numbered: boolean) {
    this.#numbered = numbered;
  }

  /** @returns what is wrong with this one, in words */
  take({ n, seq }: Frame): string | undefined {
    const [lastN, lastSeq] = [this.#n, this.#seq];
    this.#n = n;
    this.#seq = seq ?? lastSeq;
    if (n !== lastN + 1) return `event ${n} after ${lastN}`;
    if (this.#numbered && seq !== lastSeq + 1) return `seq ${seq} after ${lastSeq}`;
    return undefined;
  }
}
