import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Logger } from '@stepwire/observability';
import { type ClientHandshake, limits, parseClientHandshake, StepwireError } from '@stepwire/protocol';
import { Server, type Socket } from 'socket.io';
import { type DialectName, dialects } from '../audience.ts';
import type { Credential } from '../auth/credential.ts';
import type { LiveConnections } from '../auth/live-connections.ts';
import type { SignIn } from '../auth/sign-in.ts';
import type { Gateway } from '../gateway.ts';
import { log } from '../log.ts';
import type { OriginPolicy } from '../origins.ts';
import type { Proxies } from '../proxies.ts';
import { overdueBytes } from './backlog.ts';
import { Connection } from './connection.ts';

export interface SocketDoorOptions {
  readonly gateway: Gateway;
  readonly origins: OriginPolicy;
  readonly signIn: SignIn;
  readonly live: LiveConnections;
  readonly proxies: Proxies;
  readonly maxBacklogBytes: number;
  readonly commandsPerSecond: number;
  readonly logger: Logger;
}

/** above the limit of a command, so that one which is too large can be told so instead of cut off */
const MAX_FRAME_BYTES = 4 * limits.payloadBytes;
/** how often backlogs are looked at (ms) */
const BACKLOG_EVERY_MS = 250;
/** who connects and then says nothing is cut off (ms) */
const CONNECT_WITHIN_MS = 10_000;

/** What a connection asked for as it came in, and who it is. */
interface Admission {
  readonly asked: ClientHandshake;
  readonly dialect: DialectName;
  readonly credential: Credential;
}

/** Socket.IO on the gateway's HTTP server: who may connect, and what becomes a {@link Connection}. */
export class SocketDoor {
  readonly #io: Server;
  readonly #options: SocketDoorOptions;
  readonly #backlogs: NodeJS.Timeout;
  readonly #admitted = new WeakMap<Socket, Admission>();

  constructor(server: HttpServer, options: SocketDoorOptions) {
    this.#options = options;
    this.#io = new Server(server, {
      maxHttpBufferSize: MAX_FRAME_BYTES,
      serveClient: false,
      // upgrades to other paths are for the WebSocket door
      destroyUpgrade: false,
      connectTimeout: CONNECT_WITHIN_MS,
      cors: ({ headers }, answer) => answer(null, { origin: options.origins.allows(headers), credentials: true }),
      allowRequest: (request, answer) => {
        const refusal = this.#refusal(request);
        answer(refusal, refusal === undefined);
      },
    });
    this.#io.use((socket, next) => {
      this.#admit(socket).then(
        () => next(),
        (error: unknown) => next(this.#refused(error)),
      );
    });
    this.#io.on('connection', (socket) => this.#connect(socket));
    this.#backlogs = setInterval(() => this.#cutSlowConsumers(), BACKLOG_EVERY_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#backlogs);
    await this.#io.close();
  }

  /** before anything is spent on it */
  #refusal({ headers }: IncomingMessage): string | undefined {
    const { origins, live } = this.#options;
    const refusal = origins.refusal(headers);
    if (refusal !== undefined) return `origin_refused: ${refusal}`;
    try {
      live.checkTotal();
      return undefined;
    } catch (error) {
      return error instanceof StepwireError ? `${error.code}: ${error.message}` : 'refused';
    }
  }

  /** @throws StepwireError `bad_request`, `unauthorized`, `auth_expired`, `too_many_connections` … */
  async #admit(socket: Socket): Promise<void> {
    const { signIn, live, proxies } = this.#options;
    const asked = askedFor(socket);
    const dialect = dialectOf(socket);
    const { request, handshake, conn } = socket;
    const token: unknown = handshake.auth.token;
    // a cookie opens a connection that may change things: so it must say its origin, as a POST must
    const doorway = { method: 'POST', url: request.url, headers: request.headers };
    const credential = await (typeof token === 'string' ? signIn.ofToken(token) : signIn.ofRequest(doorway));
    await live.check(credential).catch((error: unknown) => {
      // socket.io-client does not come back by itself after a refusal: while nobody can say, it is let in, where it can do
      // nothing either, and asked about again every few seconds
      if (!(error instanceof StepwireError && error.code === 'unavailable')) throw error;
    });
    const end = (reason: StepwireError): void => endSocket(socket, reason);
    const left = live.add({ credential, address: proxies.addressOf(request), end });
    conn.once('close', left);
    socket.once('disconnect', left);
    if (conn.readyState !== 'open') left();
    this.#admitted.set(socket, { asked, dialect, credential });
  }

  /** What `connect_error` gives to the client, with the refusal as its `data`. */
  #refused(error: unknown): Error {
    if (error instanceof StepwireError) return Object.assign(new Error(error.message), { data: error.toBody() });
    log.unexpected(this.#options.logger, error, 'connecting');
    return new Error('refused');
  }

  #connect(socket: Socket): void {
    const { gateway, commandsPerSecond, maxBacklogBytes, logger } = this.#options;
    const admission = this.#admitted.get(socket);
    if (admission === undefined) return;
    const { asked, dialect, credential } = admission;
    const io = this.#io;
    new Connection({ io, socket, gateway, credential, dialect, commandsPerSecond, maxBacklogBytes, logger }).begin(
      asked,
    );
  }

  /** Who does not read is cut off and resumes by itself; the others feel nothing. */
  #cutSlowConsumers(): void {
    for (const { id, conn } of this.#io.sockets.sockets.values()) {
      const bytes = overdueBytes(conn);
      if (bytes <= this.#options.maxBacklogBytes) continue;
      log.slowConsumer(this.#options.logger, id, bytes);
      conn.close(true);
    }
  }
}

/** Tells why, and ends it: the sign-in does not hold any longer. */
function endSocket(socket: Socket, reason: StepwireError): void {
  socket.emit('error', { type: 'error', agent: 'gateway', ...reason.toBody() });
  socket.disconnect(true);
}

/** @throws StepwireError `bad_request` */
function askedFor({ handshake: { query } }: Socket): ClientHandshake {
  const { requestId, since, epoch, types } = query;
  return parseClientHandshake({
    ...(requestId === undefined || requestId === '' ? {} : { requestId }),
    ...(since === undefined ? {} : { since: Number(since) }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(types === undefined ? {} : { types: typeof types === 'string' ? types.split(',') : types }),
  });
}

/** @throws StepwireError `bad_request` */
function dialectOf({ handshake: { query, auth } }: Socket): DialectName {
  const name: unknown = query.dialect ?? auth.dialect ?? 'guide';
  if (name === 'guide' || name === 'log') return name;
  const known = Object.keys(dialects).join(', ');
  throw new StepwireError('bad_request', `there is no dialect ${String(name)}, only ${known}`, { path: '/dialect' });
}
