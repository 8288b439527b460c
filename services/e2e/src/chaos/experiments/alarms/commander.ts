import { setTimeout as delay } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { isObject } from '../../watcher.ts';

export interface Answered {
  readonly command: string;
  readonly requestId: string;
  /** `performance.now()` */
  readonly sentAt: number;
  readonly tookMs: number;
  /** of the error; `ok`, or `none` when nothing came */
  readonly code: string;
}

/** longer than anything may take (ms) */
const GIVE_UP_MS = 20_000;
/** from an answer to the next command (ms) */
const PAUSE_MS = 10;

/** A client that gives commands to one gateway without end, each as soon as the one before it was answered. */
export class Commander {
  readonly answers: Answered[] = [];
  readonly #socket: Socket;

  constructor(url: string) {
    this.#socket = io(url, { transports: ['websocket'], forceNew: true, reconnectionDelay: 100 });
  }

  async repeat(command: string, body: { readonly requestId: string }, over: () => boolean): Promise<void> {
    while (!over()) {
      await this.#give(command, body);
      await delay(PAUSE_MS);
    }
  }

  close(): void {
    this.#socket.disconnect();
  }

  async #give(command: string, body: { readonly requestId: string }): Promise<void> {
    const sentAt = performance.now();
    const answer: unknown = await this.#socket
      .timeout(GIVE_UP_MS)
      .emitWithAck(command, body)
      // what came is what counts: nothing
      .catch(() => undefined);
    const tookMs = performance.now() - sentAt;
    this.answers.push({ command, requestId: body.requestId, sentAt, tookMs, code: codeOf(answer) });
  }
}

function codeOf(answer: unknown): string {
  if (!isObject(answer)) return 'none';
  if (answer.ok === true) return 'ok';
  return isObject(answer.error) ? String(answer.error.code) : 'none';
}
