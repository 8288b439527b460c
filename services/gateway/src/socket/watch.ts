import { eventTypes, narrow } from '@stepwire/dialects';
import type { Logger } from '@stepwire/observability';
import { type LogEvent, PROTOCOL_VERSION, StepwireError, type Viewer } from '@stepwire/protocol';
import { MODEL_VERSION, snapshotForClient } from '@stepwire/run-model';
import type { Server, Socket } from 'socket.io';
import { type DialectName, dialects, type Hearer, type RoomAudience, send } from '../audience.ts';
import type { From, View } from '../history.ts';
import { log } from '../log.ts';
import type { Rooms, Watcher } from '../rooms.ts';
import { allowing } from './backlog.ts';

export interface WatchOptions {
  readonly io: Server;
  readonly socket: Socket;
  readonly rooms: Rooms<RoomAudience>;
  readonly requestId: string;
  readonly viewer: Viewer;
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
export class Watch implements Watcher<RoomAudience>, Hearer {
  readonly viewer: Viewer;
  readonly #options: WatchOptions;
  /** null: all */
  readonly #types: ReadonlySet<string> | null;
  #audience: RoomAudience | undefined;
  #left = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.viewer = options.viewer;
    const { dialect, types } = options;
    this.#types = types === undefined ? null : eventTypes(dialects[dialect], types);
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
    send(socket, dialects[dialect], narrow(tail, this.#types));
  }

  listen(audience: RoomAudience): void {
    this.#audience = audience;
    const { io, socket, dialect } = this.#options;
    if (this.#types === null) audience.addShared(io, socket, dialect);
    else audience.add(this);
  }

  /** Only who narrowed to some types: the others hear their Socket.IO room. */
  hear(events: readonly LogEvent[]): void {
    const { socket, dialect } = this.#options;
    send(socket, dialects[dialect], narrow(events, this.#types));
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
    const { socket, dialect } = this.#options;
    if (this.#types === null) this.#audience?.removeShared(socket, dialect);
    else this.#audience?.remove(this);
    this.#audience = undefined;
  }

  #stateMessage({ state, epoch, missed, gone }: View): object {
    const { requestId, dialect } = this.#options;
    const lost = gone ? { reset: true, code: 'cursor_gone' } : {};
    // who folds begins with the state itself, if their `evolve` is this one
    const folding = dialect === 'log' ? { model: MODEL_VERSION, ...(state === null ? {} : { run: state }) } : {};
    if (state === null) {
      const nothing = { progress: 0, currentStage: 'unknown', plan: null, steps: [], question: null, result: null };
      const unknown = { protocol: PROTOCOL_VERSION, requestId, status: 'unknown', seq: 0, ...nothing, error: null };
      return { ...unknown, ...folding, ...lost };
    }
    const snapshot = { ...snapshotForClient(state, epoch ?? ''), ...folding };
    if (missed === null) return { ...snapshot, ...lost };
    const events = narrow(missed, this.#types);
    return { ...snapshot, missed: dialect === 'log' ? events : dialects.guide.messages(events).map((m) => m.payload) };
  }
}
