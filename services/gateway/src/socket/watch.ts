import { eventTypes, narrow } from '@stepwire/dialects';
import type { Logger } from '@stepwire/observability';
import { type Caller, type LogEvent, PROTOCOL_VERSION, StepwireError } from '@stepwire/protocol';
import { snapshotForClient } from '@stepwire/run-model';
import type { Server, Socket } from 'socket.io';
import type { From, View } from '../history.ts';
import { log } from '../log.ts';
import type { Rooms, Watcher } from '../rooms.ts';
import { type DialectName, dialects, type Listener, type SocketAudience, send } from './audience.ts';
import { allowing } from './backlog.ts';

export interface WatchOptions {
  readonly io: Server;
  readonly socket: Socket;
  readonly rooms: Rooms<SocketAudience>;
  readonly requestId: string;
  readonly caller: Caller;
  readonly dialect: DialectName;
  /** event types, or a dialect's own names for them; undefined: all */
  readonly types?: readonly string[] | undefined;
  readonly logger: Logger;
  /** the gateway could not let them in, and goes on trying */
  readonly onUnavailable: (error: StepwireError) => void;
}

const RETRY_BASE_MS = 200;
const RETRY_MAX_MS = 5_000;

/** One socket that watches one request: sends `state`, then what follows it, once and in order (design §7.1). */
export class Watch implements Watcher<SocketAudience> {
  readonly caller: Caller;
  readonly #options: WatchOptions;
  readonly #listener: Listener;
  #audience: SocketAudience | undefined;
  #left = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.caller = options.caller;
    const { socket, dialect, types } = options;
    this.#listener = { socket, dialect, types: types === undefined ? null : eventTypes(dialects[dialect], types) };
  }

  /**
   * Resolves with the seq of the `state` that was sent, or undefined when they left before. After a failure it goes on trying until it gets in or leaves.
   * @throws StepwireError `unavailable`
   */
  async join(from: From): Promise<number | undefined> {
    try {
      return await this.#join(from);
    } catch (error) {
      void this.#goOnTrying(from);
      throw error;
    }
  }

  leave(): void {
    this.#left = true;
    this.#stopListening();
    this.#options.rooms.leave(this.#options.requestId, this);
  }

  enter(view: View, tail: readonly LogEvent[]): void {
    const { socket, dialect } = this.#options;
    allowing(socket, () => socket.emit('state', this.#stateMessage(view)));
    send(socket, dialects[dialect], narrow(tail, this.#listener.types));
  }

  listen(audience: SocketAudience): void {
    this.#audience = audience;
    audience.add(this.#options.io, this.#listener);
  }

  replaced(): void {
    this.#stopListening();
    // a cursor that no history has: the answer is the new state, and that it begins anew
    this.join({ since: Number.MAX_SAFE_INTEGER }).catch((error: unknown) => this.#tell(error));
  }

  async #join(from: From): Promise<number | undefined> {
    const view = await this.#options.rooms.join(this.#options.requestId, this, from);
    return view?.seq;
  }

  async #goOnTrying(from: From): Promise<void> {
    for (let waitMs = RETRY_BASE_MS; !this.#left; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      await new Promise<void>((resolve) => void setTimeout(resolve, waitMs).unref());
      if (this.#left) return;
      try {
        await this.#join(from);
        return;
      } catch (error) {
        log.joinFailed(this.#options.logger, this.#options.requestId, error);
      }
    }
  }

  #tell(error: unknown): void {
    if (error instanceof StepwireError) this.#options.onUnavailable(error);
    else log.unexpected(this.#options.logger, error, 'joining');
  }

  #stopListening(): void {
    this.#audience?.remove(this.#listener);
    this.#audience = undefined;
  }

  #stateMessage({ state, epoch, missed, gone }: View): object {
    const { requestId, dialect } = this.#options;
    const lost = gone ? { reset: true, code: 'cursor_gone' } : {};
    if (state === null) {
      const nothing = { progress: 0, currentStage: 'unknown', plan: null, steps: [], question: null, result: null };
      return { protocol: PROTOCOL_VERSION, requestId, status: 'unknown', seq: 0, ...nothing, error: null, ...lost };
    }
    const snapshot = snapshotForClient(state, epoch ?? '');
    if (missed === null) return { ...snapshot, ...lost };
    const events = narrow(missed, this.#listener.types);
    return { ...snapshot, missed: dialect === 'log' ? events : dialects.guide.messages(events).map((m) => m.payload) };
  }
}
