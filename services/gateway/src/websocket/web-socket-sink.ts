import { StepwireError } from '@stepwire/protocol';
import { WebSocket } from 'ws';
import { comeBackAfterMs, type Sent, type Sink } from '../pump/sink.ts';
import { closeCodeOf, NORMAL, SERVICE_RESTART } from './close-codes.ts';

/** how long who is cut off should stay away (ms) */
const BACK_OFF_MS = 2_000;

/** A plain WebSocket: each message is one text frame of JSON, with the `seq` to come back with (`?since=`). */
export class WebSocketSink implements Sink {
  readonly #socket: WebSocket;
  readonly #refusal: (error: StepwireError) => object;
  #unsent = 0;
  #waiting: (() => void)[] = [];

  /** @param refusal what a refusal looks like here, where an HTTP status cannot be seen */
  constructor(socket: WebSocket, refusal: (error: StepwireError) => object) {
    this.#socket = socket;
    this.#refusal = refusal;
    socket.once('close', () => this.#drain());
  }

  send(messages: readonly Sent[]): void {
    for (const { id, payload } of messages)
      this.say(id === undefined ? payload : { ...Object(payload), seq: Number(id) });
  }

  /** anything beside the messages of the dialect */
  say(payload: unknown): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#unsent += 1;
    this.#socket.send(JSON.stringify(payload), () => {
      this.#unsent -= 1;
      if (this.#unsent === 0) this.#drain();
    });
  }

  /** Here nothing is said beside messages: who comes back says `since` itself. */
  mark(): void {}

  bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  drained(): Promise<void> {
    if (this.#unsent === 0 || this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Rather told and sent away than left to wait for who knows how long. */
  unavailable(error: StepwireError): void {
    this.end(error);
  }

  end(reason: StepwireError | null): void {
    if (reason?.code === 'slow_consumer') {
      // a close frame would wait behind all that was not read
      this.#socket.terminate();
      return;
    }
    if (reason === null) {
      this.close(NORMAL);
      return;
    }
    this.#tell(reason);
    this.close(closeCodeOf(reason.code), reason.code);
  }

  /** The gateway ends, and another may be there at once. */
  goodbye(): void {
    this.#tell(new StepwireError('unavailable', 'this gateway ends: come back', { retryAfterMs: comeBackAfterMs() }));
    this.close(SERVICE_RESTART, 'the gateway ends');
  }

  close(code: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  #tell(reason: StepwireError): void {
    const retryAfterMs = reason.retryAfterMs ?? (reason.code === 'unavailable' ? BACK_OFF_MS : undefined);
    this.say({ ...this.#refusal(reason), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }

  #drain(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
