import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Effect {
  readonly requestId: string;
  readonly stepId: string;
  readonly attempt: number;
}

/**
 * What tools did to the world, in one file of all executors: a line is appended before the step says that it is done, so
 * that it is there whether or not the process lives to say so.
 */
export class Effects {
  readonly #file: string;

  /** @param dataDir of the executors */
  constructor(dataDir: string) {
    this.#file = join(dataDir, 'effects');
  }

  /** O_APPEND: a short line of one process does not break that of another. */
  done({ requestId, stepId, attempt }: Effect): void {
    appendFileSync(this.#file, `${JSON.stringify({ requestId, stepId, attempt })}\n`);
  }

  all(): Effect[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line): Effect => JSON.parse(line));
  }
}
