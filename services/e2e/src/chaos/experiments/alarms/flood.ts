import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order, Rested } from './flood-process.ts';

/** Our end of {@link file://./flood-process.ts}. */
export class Flood {
  readonly #child: ChildProcess;

  constructor(amqpUrl: string, requestIds: readonly string[]) {
    const path = fileURLToPath(new URL('./flood-process.js', import.meta.url));
    this.#child = fork(path, [amqpUrl, ...requestIds], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** It publishes as fast as it can from now on. */
  go(): void {
    this.#tell('go');
  }

  /** Resolves when all that it began is confirmed; `end`: and the end of its requests. */
  async rest(order: 'rest' | 'end' = 'rest'): Promise<Rested> {
    const rested = once(this.#child, 'message');
    this.#tell(order);
    const [report]: Rested[] = await rested;
    if (report === undefined) throw new Error('the publisher says nothing');
    return report;
  }

  close(): void {
    this.#child.disconnect();
  }

  #tell(order: Order): void {
    this.#child.send(order);
  }
}
