import { randomUUID } from 'node:crypto';
import type { Logger } from '@stepwire/observability';
import {
  type ClientCommand,
  type ClientCommands,
  type ClientHandshake,
  checkJson,
  clientCommands,
  type ErrorBody,
  limits,
  parseClientCommand,
  StepwireError,
} from '@stepwire/protocol';
import type { Server, Socket } from 'socket.io';
import type { DialectName } from '../audience.ts';
import { type Credential, callerOf } from '../auth/credential.ts';
import type { Gateway } from '../gateway.ts';
import { log } from '../log.ts';
import { feedMarks } from '../pump/feed-marks.ts';
import type { FeedPump } from '../pump/feed-pump.ts';
import { RateLimit } from '../rate-limit.ts';
import { feedOf } from './feed.ts';
import { Watch } from './watch.ts';

export interface ConnectionOptions {
  readonly io: Server;
  readonly socket: Socket;
  readonly gateway: Gateway;
  readonly credential: Credential;
  readonly dialect: DialectName;
  readonly commandsPerSecond: number;
  readonly maxBacklogBytes: number;
  readonly logger: Logger;
}

type Ack = (answer: object) => void;
const isAck = (arg: unknown): arg is Ack => typeof arg === 'function';
/** no `seq`: they left, or joined again, before they were let in */
type Answer = { readonly requestId?: string; readonly seq?: number | undefined; readonly cursor?: string };

/** One Socket.IO connection: its commands and the requests it watches. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #limit: RateLimit;
  readonly #watches = new Map<string, Watch>();
  #feed: FeedPump | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#limit = new RateLimit(options.commandsPerSecond);
    const { socket } = options;
    this.#on('start', (body) => this.#start(body));
    this.#on('cancel', (body) => this.#cancel(body));
    this.#on('feedback', (body) => this.#feedback(body));
    this.#on('rejoin', async ({ requestId, ...from }) => ({ requestId, seq: await this.#watch(requestId, from) }));
    this.#on('leave', async ({ requestId }) => {
      this.#leave(requestId);
      return { requestId };
    });
    this.#on('feed', (body) => this.#follow(body));
    socket.onAny((command: string, ...args: unknown[]) => {
      if (!Object.hasOwn(clientCommands, command)) this.#answerUnknown(command, args);
    });
    socket.on('disconnect', () => {
      for (const requestId of this.#watches.keys()) this.#leave(requestId);
      this.#feed?.stop();
    });
  }

  /** What the handshake's query asks for. */
  begin({ requestId, ...from }: ClientHandshake): void {
    if (requestId === undefined) return;
    this.#watch(requestId, from).catch((error: unknown) => this.#refuse(error, 'rejoin', requestId));
  }

  /** Joins first, so that everything that happens is heard as it happens; a start that is refused is as if not asked for. */
  async #start({ requestId = randomUUID(), userQuery, context = {}, types }: ClientCommands['start']): Promise<Answer> {
    const caller = callerOf(this.#options.credential);
    const watched = this.#watches.has(requestId);
    if (!watched) await this.#watch(requestId, types === undefined ? {} : { types });
    try {
      return await this.#options.gateway.command('start', { requestId, caller, userQuery, context });
    } catch (error) {
      if (!watched) this.#leave(requestId);
      throw error;
    }
  }

  async #cancel({ requestId, reason }: ClientCommands['cancel']): Promise<Answer> {
    const { credential, gateway } = this.#options;
    return gateway.command('cancel', {
      requestId,
      caller: callerOf(credential),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  async #feedback({ requestId, questionId, answer }: ClientCommands['feedback']): Promise<Answer> {
    const { credential, gateway } = this.#options;
    return gateway.command('feedback', { requestId, caller: callerOf(credential), questionId, answer });
  }

  /** @returns the seq of the `state` that was sent */
  #watch(requestId: string, { types, ...from }: Omit<ClientHandshake, 'requestId'>): Promise<number | undefined> {
    this.#leave(requestId);
    const { io, socket, gateway, credential, dialect, logger } = this.#options;
    const { viewer } = credential;
    const onUnavailable = (error: StepwireError) => this.#refuse(error, 'rejoin', requestId);
    const { rooms } = gateway;
    const watch = new Watch({ io, socket, rooms, requestId, viewer, dialect, types, logger, onUnavailable });
    this.#watches.set(requestId, watch);
    return watch.join(from);
  }

  /** @returns where the feed begins, so that who drops out before its first frame misses nothing */
  async #follow({ since, types }: ClientCommands['feed']): Promise<Answer> {
    const { socket, gateway, credential, maxBacklogBytes } = this.#options;
    const { feeds } = gateway;
    const caller = callerOf(credential);
    const marks = await feedMarks(feeds, caller, since);
    this.#feed?.stop();
    const feed = feedOf({ socket, feeds, caller, marks, types, maxBacklogBytes });
    this.#feed = feed;
    void feed.run();
    return { cursor: feed.cursor };
  }

  #leave(requestId: string): void {
    this.#watches.get(requestId)?.leave();
    this.#watches.delete(requestId);
  }

  #on<C extends ClientCommand>(command: C, run: (body: ClientCommands[C]) => Promise<Answer>): void {
    const name: string = command;
    this.#options.socket.on(name, async (...args: unknown[]) => {
      const ack = args.find(isAck);
      const [body] = args;
      try {
        this.#limit.take();
        const answer = await run(parseClientCommand(command, checked(body)));
        ack?.({ ok: true, ...answer });
      } catch (error) {
        this.#refuse(error, command, requestIdIn(body), ack);
      }
    });
  }

  #answerUnknown(command: string, args: readonly unknown[]): void {
    const known = Object.keys(clientCommands).join(', ');
    try {
      this.#limit.take();
      throw new StepwireError('bad_request', `there is no command ${command.slice(0, 50)} here, only ${known}`);
    } catch (error) {
      this.#refuse(error, command, requestIdIn(args[0]), args.find(isAck));
    }
  }

  /** To whoever asked: in the ack, else as an `error` frame, which has no seq. */
  #refuse(error: unknown, command: string, requestId: string | undefined, ack?: Ack): void {
    const refusal = this.#refusalOf(error, command);
    if (ack !== undefined) ack({ ok: false, error: refusal });
    else this.#options.socket.emit('error', { type: 'error', agent: 'gateway', command, requestId, ...refusal });
  }

  #refusalOf(error: unknown, command: string): ErrorBody {
    if (error instanceof StepwireError) return error.toBody();
    log.unexpected(this.#options.logger, error, command);
    return { code: 'unavailable', message: 'something went wrong here; it was logged' };
  }
}

/** @throws StepwireError `bad_request`, `too_large`, `too_deep` */
function checked(body: unknown): unknown {
  if (typeof body === 'function' || body === undefined)
    throw new StepwireError('bad_request', 'the command has no body');
  checkJson(body);
  if (hasBinary(body)) throw new StepwireError('bad_request', 'commands are JSON, without binary attachments');
  if (Buffer.byteLength(JSON.stringify(body)) > limits.payloadBytes) {
    throw new StepwireError('too_large', `a command is at most ${limits.payloadBytes} bytes`);
  }
  return body;
}

/** An attachment would become an object of numbers as soon as it is written as JSON. */
function hasBinary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || Object.values(value).some(hasBinary);
}

function requestIdIn(body: unknown): string | undefined {
  const id: unknown = typeof body === 'object' && body !== null && 'requestId' in body ? body.requestId : undefined;
  return typeof id === 'string' ? id : undefined;
}
