import type { ErrorBody } from '@stepwire/protocol';
import { io, type Socket } from 'socket.io-client';
import { isObject, readRefusal } from './frames.ts';
import { ANSWER_WITHIN_MS, type Link, type LinkHandlers, Unanswered } from './link.ts';

/** An attempt that takes longer has failed (ms). */
const OPEN_WITHIN_MS = 20_000;

/** A {@link Link} over Socket.IO: WebSocket, and HTTP polling where that does not get through. */
export class SocketLink implements Link {
  readonly #socket: Socket;
  readonly #handlers: LinkHandlers;
  /** what it was told before it was disconnected */
  #farewell: ErrorBody | null = null;

  constructor(url: string, withCredentials: boolean, handlers: LinkHandlers) {
    this.#handlers = handlers;
    const socket = io(url, {
      autoConnect: false,
      forceNew: true,
      reconnection: false,
      timeout: OPEN_WITHIN_MS,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      withCredentials,
    });
    this.#socket = socket;
    socket.on('connect', () => {
      this.#farewell = null;
      handlers.opened();
    });
    socket.on('connect_error', (error) => handlers.refused(refusalIn(error)));
    socket.on('disconnect', (reason) => {
      if (reason !== 'io client disconnect') handlers.cut(this.#farewell);
    });
    socket.onAny((name: string, payload: unknown) => {
      // a refusal that nobody asked for says why the connection is about to end
      if (name === 'error' && isObject(payload) && payload.command === undefined) this.#farewell = readRefusal(payload);
      handlers.frame(name, payload);
    });
  }

  open(auth: Readonly<Record<string, unknown>>): void {
    this.#socket.auth = auth;
    this.#socket.connect();
  }

  close(): void {
    this.#socket.disconnect();
  }

  async ask(command: string, body: object): Promise<unknown> {
    // not connected, Socket.IO would keep it and send it whenever it likes
    if (!this.#socket.connected) throw new Unanswered('there is no connection');
    try {
      return await this.#socket.timeout(ANSWER_WITHIN_MS).emitWithAck(command, body);
    } catch (error) {
      if (this.#socket.connected) {
        this.#socket.disconnect();
        this.#handlers.cut(null);
      }
      throw new Unanswered('the connection ended before the answer came', { cause: error });
    }
  }
}

/** `origin_refused: …`, which is refused before Socket.IO has a say: {"code":4,"message":"…"} */
const beforehand = /"message":"(origin_refused|too_many_connections): ((?:[^"\\]|\\.)*)"/;

/** What the gateway said, where it could say anything. */
function refusalIn(error: Error): ErrorBody | null {
  const told = readRefusal(Reflect.get(error, 'data'));
  if (told !== null) return told;
  // of Engine.IO's polling: the XHR, whose body a page may read if its origin is allowed
  const xhr: unknown = Reflect.get(error, 'context');
  const body: unknown = isObject(xhr) ? xhr.responseText : undefined;
  const [, code, message = ''] = typeof body === 'string' ? (beforehand.exec(body) ?? []) : [];
  return code === 'origin_refused' || code === 'too_many_connections' ? { code, message } : null;
}
