import { type Dialect, guide, log as logDialect, narrow } from '@stepwire/dialects';
import type { LogEvent } from '@stepwire/protocol';
import type { Server, Socket } from 'socket.io';
import type { Audience } from '../rooms.ts';

export const dialects = { guide, log: logDialect } as const;
export type DialectName = keyof typeof dialects;

/** A socket that listens, and how. */
export interface Listener {
  readonly socket: Socket;
  readonly dialect: DialectName;
  /** null: all */
  readonly types: ReadonlySet<string> | null;
}

/**
 * Those who hear one request. Who wants everything shares a Socket.IO room per dialect, so that a frame is encoded once;
 * who narrowed to some types is told one by one.
 */
export class SocketAudience implements Audience {
  readonly #requestId: string;
  readonly #shared: Record<DialectName, { room: string; io: Server | undefined; size: number }>;
  readonly #narrowed = new Set<Listener>();

  constructor(requestId: string) {
    this.#requestId = requestId;
    // the id comes last: whatever it is, it cannot name the room of another request or dialect
    const shared = (prefix: string) => ({ room: `${prefix}request:${this.#requestId}`, io: undefined, size: 0 });
    this.#shared = { guide: shared(''), log: shared('log|') };
  }

  emit(events: readonly LogEvent[]): void {
    for (const name of ['guide', 'log'] as const) {
      const { room, io, size } = this.#shared[name];
      if (io !== undefined && size > 0) send(io.to(room), dialects[name], events);
    }
    for (const { socket, dialect, types } of this.#narrowed) send(socket, dialects[dialect], narrow(events, types));
  }

  add(io: Server, listener: Listener): void {
    if (listener.types !== null) {
      this.#narrowed.add(listener);
      return;
    }
    const shared = this.#shared[listener.dialect];
    shared.io = io;
    shared.size += 1;
    void listener.socket.join(shared.room);
  }

  remove(listener: Listener): void {
    if (listener.types !== null) {
      this.#narrowed.delete(listener);
      return;
    }
    const shared = this.#shared[listener.dialect];
    shared.size -= 1;
    void listener.socket.leave(shared.room);
  }
}

export function send(
  to: { emit(name: string, payload: unknown): unknown },
  dialect: Dialect,
  events: readonly LogEvent[],
): void {
  if (events.length === 0 || dialect.folds) return;
  for (const { name, payload } of dialect.messages(events)) to.emit(name, payload);
}
