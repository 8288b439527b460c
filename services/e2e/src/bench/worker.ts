import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Helper processes of the bench and what is said between them and the main one. Both ends are this folder, so only the
 * `kind` of a message is looked at. A worker ends when its channel does: none outlives the bench.
 */
interface Message {
  readonly kind: string;
}

/** Orders to a worker, and what it reports. */
export class Worker<Order extends Message, Report extends Message> {
  readonly #child: ChildProcess;
  readonly #kinds: ReadonlySet<string>;
  /** each takes the report it waits for, and is done */
  readonly #awaited: ((report: Report) => boolean)[] = [];
  #hear: (report: Report) => void = () => undefined;

  /**
   * @param name of a file in this folder, without its ending
   * @param kinds all of Report's; anything else that comes is an error
   */
  constructor(name: string, args: readonly string[], kinds: readonly Report['kind'][]) {
    this.#kinds = new Set(kinds);
    const path = fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
    this.#child = fork(path, [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message: unknown) => {
      if (!this.#isReport(message)) throw new Error(`${name} said ${JSON.stringify(message)}`);
      const taker = this.#awaited.findIndex((take) => take(message));
      if (taker >= 0) this.#awaited.splice(taker, 1);
      else this.#hear(message);
    });
    this.#child.on('exit', (code, signal) => {
      if (!this.#child.killed) throw new Error(`${name} ended with ${code ?? signal}`);
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  tell(order: Order): void {
    this.#child.send(order);
  }

  /** From now on `listener` hears every report, and nobody else. */
  listen(listener: (report: Report) => void): void {
    this.#hear = listener;
  }

  /** The next report of this kind; the listener hears all others. */
  next<K extends Report['kind']>(kind: K): Promise<Extract<Report, { kind: K }>> {
    return new Promise((resolve) => {
      this.#awaited.push((report) => {
        if (!isOfKind<Report, K>(report, kind)) return false;
        resolve(report);
        return true;
      });
    });
  }

  /** Tells `order` and waits for the next report of this kind. */
  ask<K extends Report['kind']>(order: Order, kind: K): Promise<Extract<Report, { kind: K }>> {
    const answer = this.next(kind);
    this.tell(order);
    return answer;
  }

  stop(): void {
    this.#child.kill('SIGTERM');
  }

  #isReport(message: unknown): message is Report {
    return isMessage(message) && this.#kinds.has(message.kind);
  }
}

/** A worker's end of the channel. */
export function serve<Order extends Message, Report extends Message>(
  kinds: readonly Order['kind'][],
  carryOut: (order: Order) => void,
): (report: Report) => void {
  const known: ReadonlySet<string> = new Set(kinds);
  const isOrder = (message: unknown): message is Order => isMessage(message) && known.has(message.kind);
  process.on('message', (message: unknown) => {
    if (!isOrder(message)) throw new Error(`no such order: ${JSON.stringify(message)}`);
    carryOut(message);
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C in the terminal reaches all of us; the main process says when.
  process.on('SIGINT', () => undefined);
  // Where the channel just broke, its end ends us.
  return (report) => void process.send?.(report, undefined, undefined, () => undefined);
}

const isMessage = (message: unknown): message is Message =>
  typeof message === 'object' && message !== null && 'kind' in message && typeof message.kind === 'string';

function isOfKind<M extends Message, K extends M['kind']>(message: M, kind: K): message is Extract<M, { kind: K }> {
  return message.kind === kind;
}
