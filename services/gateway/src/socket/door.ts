import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Logger } from '@stepwire/observability';
import { type ClientHandshake, limits, parseClientHandshake, StepwireError } from '@stepwire/protocol';
import { Server, type Socket } from 'socket.io';
import { type Gateway, openCaller } from '../gateway.ts';
import { log } from '../log.ts';
import type { OriginPolicy } from '../origins.ts';
import { type DialectName, dialects } from './audience.ts';
import { overdueBytes } from './backlog.ts';
import { Connection } from './connection.ts';

export interface SocketDoorOptions {
  readonly gateway: Gateway;
  readonly origins: OriginPolicy;
  readonly maxConnections: number;
  readonly maxBacklogBytes: number;
  readonly commandsPerSecond: number;
  readonly logger: Logger;
}

/** above the limit of a command, so that one which is too large can be told so instead of cut off */
const MAX_FRAME_BYTES = 4 * limits.payloadBytes;
/** how often backlogs are looked at (ms) */
const BACKLOG_EVERY_MS = 250;

/** Socket.IO on the gateway's HTTP server: who may connect, and what becomes a {@link Connection}. */
export class SocketDoor {
  readonly #io: Server;
  readonly #options: SocketDoorOptions;
  readonly #backlogs: NodeJS.Timeout;

  constructor(server: HttpServer, options: SocketDoorOptions) {
    this.#options = options;
    this.#io = new Server(server, {
      maxHttpBufferSize: MAX_FRAME_BYTES,
      serveClient: false,
      cors: { origin: (origin, answer) => answer(null, options.origins.allows(origin)), credentials: true },
      allowRequest: (request, answer) => {
        const refusal = this.#refusal(request);
        answer(refusal, refusal === undefined);
      },
    });
    this.#io.use((socket, next) => {
      try {
        socket.data = { asked: askedFor(socket), dialect: dialectOf(socket) };
        next();
      } catch (error) {
        next(
          error instanceof StepwireError
            ? Object.assign(new Error(error.message), { data: error.toBody() })
            : new Error('refused'),
        );
      }
    });
    this.#io.on('connection', (socket) => this.#connect(socket));
    this.#backlogs = setInterval(() => this.#cutSlowConsumers(), BACKLOG_EVERY_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#backlogs);
    await this.#io.close();
  }

  #refusal({ headers }: IncomingMessage): string | undefined {
    const refusal = this.#options.origins.refusal(headers);
    if (refusal !== undefined) return `origin_refused: ${refusal}`;
    const { maxConnections } = this.#options;
    if (this.#io.engine.clientsCount < maxConnections) return undefined;
    return `too_many_connections: this gateway takes ${maxConnections} (MAX_CONNECTIONS)`;
  }

  #connect(socket: Socket): void {
    const { gateway, commandsPerSecond, logger } = this.#options;
    const { asked, dialect } = socket.data as { asked: ClientHandshake; dialect: DialectName };
    const io = this.#io;
    new Connection({ io, socket, gateway, caller: openCaller, dialect, commandsPerSecond, logger }).begin(asked);
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
