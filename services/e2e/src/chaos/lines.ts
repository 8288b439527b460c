import { Worker } from 'node:worker_threads';
import type { Ask, Said } from './lines-worker.ts';

/**
 * The TCP connections between the parts, each by way of a proxy that can break it. They run in a thread of their own:
 * everything that is said in a run passes through them.
 */
export interface Line {
  /** of the server, by way of this line */
  readonly url: string;
  /** breaks every connection; @param refuse new ones too, until {@link release} */
  cut(refuse?: boolean): void;
  /** half open: connections stay, and bytes of one direction get nowhere; connections made later too */
  hold(direction: 'questions' | 'answers'): void;
  /** each chunk of bytes takes a time of its own, up to so many ms: connections overtake one another */
  slow(maxMs: number): void;
  /** ends all of that */
  release(): void;
  /** new connections go to another server */
  retarget(url: string): void;
  /**
   * Stops the next COMMIT to Postgres on this line: `before` it gets there, or `after` it was carried out and before the
   * answer gets back. Resolves when it stands there; whoever it is for goes on with `cut` or a kill, and {@link release}.
   */
  ambushCommit(moment: 'before' | 'after'): Promise<void>;
}

export class Lines {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (said: Said) => void>();
  #asked = 0;

  constructor() {
    this.#worker = new Worker(new URL('./lines-worker.js', import.meta.url));
    this.#worker.on('message', (said: Said) => {
      this.#waiting.get(said.ask)?.(said);
      this.#waiting.delete(said.ask);
    });
  }

  /** @param target URL of the server, with a port */
  async open(target: string): Promise<Line> {
    const { line, url } = await this.#ask({ op: 'open', target });
    const tell = (ask: Ask): void => void this.#ask(ask);
    return {
      url,
      cut: (refuse = false) => tell({ op: 'cut', line, refuse }),
      hold: (direction) => tell({ op: 'hold', line, direction }),
      slow: (maxMs) => tell({ op: 'slow', line, maxMs }),
      release: () => tell({ op: 'release', line }),
      retarget: (to) => tell({ op: 'retarget', line, target: to }),
      ambushCommit: async (moment) => void (await this.#ask({ op: 'ambush', line, moment })),
    };
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(ask: Ask): Promise<Said> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ ...ask, ask: id });
    });
  }
}
