import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@stepwire/observability';
import { limits, StepwireError } from '@stepwire/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import type { LiveConnections } from '../auth/live-connections.ts';
import type { SignIn } from '../auth/sign-in.ts';
import { targetOf } from '../http/query.ts';
import { log } from '../log.ts';
import type { OriginPolicy } from '../origins.ts';
import type { Proxies } from '../proxies.ts';
import { WebSocketConnection, type WebSocketRoute, type WebSocketSettings } from './web-socket-connection.ts';

export interface WebSocketDoorOptions extends WebSocketSettings {
  readonly origins: OriginPolicy;
  readonly signIn: SignIn;
  readonly live: LiveConnections;
  readonly proxies: Proxies;
  readonly maxWebSockets: number;
  readonly logger: Logger;
  /** the door of a path; undefined: there is none */
  readonly routeOf: (pathname: string) => WebSocketRoute | undefined;
}

/**
 * Plain WebSockets on the gateway's HTTP server, beside Socket.IO's. A browser cannot see why an upgrade was refused, so all
 * but foreign pages and unknown paths are accepted, told, and closed with a code.
 *
 * `maxWebSockets` counts those who signed in. As many more may be about to: beyond that the one who has been silent for
 * longest makes room, so that strangers keep nobody out who says at once who they are.
 */
export class WebSocketDoor {
  readonly #options: WebSocketDoorOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.payloadBytes,
    perMessageDeflate: false,
  });
  readonly #signedIn = new Set<WebSocketConnection>();
  /** oldest first */
  readonly #strangers = new Set<WebSocketConnection>();

  constructor(server: Server, options: WebSocketDoorOptions) {
    this.#options = options;
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  close(): void {
    for (const { sink } of [...this.#strangers, ...this.#signedIn]) sink.goodbye();
    this.#server.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = targetOf(request.url);
    if (pathname.startsWith('/socket.io/')) return;
    socket.on('error', () => socket.destroy()); // it was reset while it was refused
    const refusal = this.#options.origins.refusal(request.headers);
    if (refusal !== undefined) {
      refuse(socket, '403 Forbidden', `origin_refused: ${refusal}`);
      return;
    }
    const route = this.#options.routeOf(pathname);
    if (route === undefined) {
      refuse(socket, '404 Not Found', `not_found: there is no WebSocket at ${pathname}`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      void this.#connect(webSocket, request, route, searchParams);
    });
  }

  async #connect(socket: WebSocket, request: IncomingMessage, route: WebSocketRoute, query: URLSearchParams) {
    const { logger } = this.#options;
    const connection = new WebSocketConnection(socket, route, this.#options);
    try {
      await this.#signIn(connection, request);
      await route.begin(connection, query);
    } catch (error) {
      if (!(error instanceof StepwireError)) log.unexpected(logger, error, 'a WebSocket');
      connection.sink.end(
        error instanceof StepwireError ? error : new StepwireError('unavailable', 'something went wrong here'),
      );
    }
  }

  /** @throws StepwireError `too_many_connections`, or as {@link WebSocketConnection.signIn} */
  async #signIn(connection: WebSocketConnection, request: IncomingMessage): Promise<void> {
    const { signIn, live, proxies, maxWebSockets } = this.#options;
    connection.onClose(() => {
      this.#strangers.delete(connection);
      this.#signedIn.delete(connection);
    });
    this.#strangers.add(connection);
    const [oldest] = this.#strangers;
    if (this.#strangers.size > maxWebSockets && oldest !== undefined) {
      this.#strangers.delete(oldest);
      oldest.sink.end(tooMany('others wait to be let in: say who you are at once'));
    }
    await connection.signIn(signIn, live, proxies, request);
    this.#strangers.delete(connection);
    if (this.#signedIn.size >= maxWebSockets) {
      throw tooMany(`this gateway takes ${maxWebSockets} plain WebSockets (MAX_WEBSOCKETS)`);
    }
    if (connection.open) this.#signedIn.add(connection);
  }
}

const tooMany = (message: string): StepwireError =>
  new StepwireError('too_many_connections', message, { retryAfterMs: 5_000 });

function refuse(socket: Duplex, status: string, text: string): void {
  const body = `${text}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
