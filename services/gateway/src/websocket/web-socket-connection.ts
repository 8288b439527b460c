import type { IncomingMessage } from 'node:http';
import { parseJson, StepwireError } from '@stepwire/protocol';
import type { RawData, WebSocket } from 'ws';
import type { Credential } from '../auth/credential.ts';
import type { LiveConnections } from '../auth/live-connections.ts';
import type { SignIn } from '../auth/sign-in.ts';
import type { Proxies } from '../proxies.ts';
import { RateLimit } from '../rate-limit.ts';
import { WebSocketSink } from './web-socket-sink.ts';

export interface WebSocketSettings {
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
  readonly maxBacklogBytes: number;
  readonly commandsPerSecond: number;
}

/** One door of plain WebSockets. */
export interface WebSocketRoute {
  /** what a refusal looks like to its clients */
  refusal(error: StepwireError): object;
  /** Begins; what it throws is told and closes. */
  begin(connection: WebSocketConnection, query: URLSearchParams): Promise<void>;
}

/** who says nothing of who they are for this long is sent away (ms) */
const AUTH_WITHIN_MS = 10_000;
/** who does not answer a ping within this is gone (ms), however often pings come */
const PONG_WITHIN_MS = 10_000;

/** A plain WebSocket: who it is, what it says, and whether it still lives. */
export class WebSocketConnection {
  readonly sink: WebSocketSink;
  readonly #socket: WebSocket;
  readonly #limit: RateLimit;
  readonly #closing: (() => void)[] = [];
  #credential: Credential | undefined;
  #hear: (body: unknown) => void = () => undefined;
  #early: unknown[] = [];

  constructor(socket: WebSocket, route: WebSocketRoute, { heartbeatMs, commandsPerSecond }: WebSocketSettings) {
    this.#socket = socket;
    this.sink = new WebSocketSink(socket, (error) => route.refusal(error));
    this.#limit = new RateLimit(commandsPerSecond);
    this.#hear = (body) => void this.#early.push(body);
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    let heardAt = performance.now();
    socket.on('pong', () => {
      heardAt = performance.now();
    });
    // what breaks the protocol (invalid UTF-8, reserved bits, a frame that is too large) was closed by ws with its code
    socket.on('error', () => undefined);
    this.every(heartbeatMs, () => {
      if (performance.now() - heardAt > heartbeatMs + PONG_WITHIN_MS) socket.terminate();
      else socket.ping();
    });
    socket.once('close', () => {
      for (const closing of this.#closing.splice(0)) closing();
    });
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** @throws Error before {@link signIn} */
  get credential(): Credential {
    if (this.#credential === undefined) throw new Error('nobody signed in yet');
    return this.#credential;
  }

  /**
   * By cookie, ticket or share, else by the first frame: `{"type": "auth", "token": "…"}`.
   * @throws StepwireError `unauthorized`, `auth_expired`, `too_many_connections`, `unavailable`
   */
  async signIn(signIn: SignIn, live: LiveConnections, proxies: Proxies, request: IncomingMessage): Promise<void> {
    const credential = (await signIn.ofRequestIfAny(request)) ?? (await signIn.ofToken(await this.#tokenFrame()));
    await live.check(credential);
    const end = (reason: StepwireError): void => this.sink.end(reason);
    this.onClose(live.add({ credential, address: proxies.addressOf(request), end }));
    this.#credential = credential;
  }

  /** What it says from now on, and has said before. */
  onMessage(hear: (body: unknown) => void): void {
    this.#hear = hear;
    for (const body of this.#early.splice(0)) hear(body);
  }

  onClose(closing: () => void): void {
    if (this.#socket.readyState >= this.#socket.CLOSING) closing();
    else this.#closing.push(closing);
  }

  /** until it closes */
  every(ms: number, action: () => void): void {
    const timer = setInterval(action, ms);
    this.onClose(() => clearInterval(timer));
  }

  #tokenFrame(): Promise<string> {
    return new Promise((resolve, reject) => {
      const refuse = (message: string) => reject(new StepwireError('unauthorized', message));
      const timer = setTimeout(() => refuse('say {"type": "auth", "token": "…"} first'), AUTH_WITHIN_MS);
      this.onClose(() => {
        clearTimeout(timer);
        refuse('it has gone');
      });
      const hear = (body: unknown): void => {
        clearTimeout(timer);
        this.#hear = (later) => void this.#early.push(later);
        const is =
          typeof body === 'object' && body !== null && 'type' in body && body.type === 'auth' && 'token' in body;
        if (is && typeof body.token === 'string') resolve(body.token);
        else refuse('the first message must be {"type": "auth", "token": "…"}');
      };
      const [first] = this.#early.splice(0, 1);
      if (first === undefined) this.#hear = hear;
      else hear(first);
    });
  }

  #message(data: RawData, isBinary: boolean): void {
    try {
      this.#limit.take();
      if (isBinary) throw new StepwireError('bad_request', 'frames must be text, of JSON');
      this.#hear(parseJson(data.toString()));
    } catch (error) {
      this.sink.end(
        error instanceof StepwireError ? error : new StepwireError('bad_request', 'that could not be read'),
      );
    }
  }
}
