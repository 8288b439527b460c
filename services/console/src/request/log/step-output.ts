/** Nobody reads a longer line as one, and a row of it could be taller than the screen (UTF-16 code units). */
export const MAX_LINE_CHARS = 2_000;

/**
 * What a step wrote in one attempt, whole, in lines, at any event of the log: what stood there at `seq` is found without going
 * through it. Appending costs what is appended.
 */
export class StepOutput {
  readonly attempt: number;
  #text = '';
  /** where each line begins */
  readonly #lineStarts = [0];
  /** of each piece, the event it came with, and where it ends */
  readonly #seqs: number[] = [];
  readonly #ends: number[] = [];

  constructor(attempt: number) {
    this.attempt = attempt;
  }

  append(seq: number, delta: string): void {
    const base = this.#text.length;
    let lineStart = this.#lineStarts.at(-1) ?? 0;
    const begin = (at: number): void => {
      lineStart = at;
      this.#lineStarts.push(at);
    };
    for (let at = 0; at < delta.length; ) {
      const newline = delta.indexOf('\n', at);
      const end = base + (newline < 0 ? delta.length : newline);
      while (end - lineStart > MAX_LINE_CHARS) begin(lineStart + MAX_LINE_CHARS);
      if (newline < 0) break;
      begin(base + newline + 1);
      at = newline + 1;
    }
    this.#text += delta;
    this.#seqs.push(seq);
    this.#ends.push(this.#text.length);
  }

  /** how much of it was there, in UTF-16 code units */
  lengthAt(seq: number): number {
    return this.#ends[firstAbove(this.#seqs, seq) - 1] ?? 0;
  }

  textAt(seq: number): string {
    return this.#text.slice(0, this.lengthAt(seq));
  }

  /** how many lines; a newline at the end begins none */
  linesAt(seq: number): number {
    return firstAbove(this.#lineStarts, this.lengthAt(seq) - 1);
  }

  /** @param index from 0, below {@link linesAt} */
  lineAt(index: number, seq: number): string {
    const start = this.#lineStarts[index] ?? this.#text.length;
    const end = Math.min(this.lengthAt(seq), this.#lineStarts[index + 1] ?? this.#text.length);
    return this.#text.slice(start, end).replace(/\r?\n$/, '');
  }
}

/** Index of the first that is above `limit`, in what never falls: so many are at most `limit`. */
export function firstAbove(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
