import { guide, log as logDialect, type StatelessDialect } from '@stepwire/dialects';
import type { LogEvent } from '@stepwire/protocol';
import type { Server, Socket } from 'socket.io';
import type { Audience } from './rooms.ts';

/** what a Socket.IO connection may ask for */
export const dialects = { guide, log: logDialect } as const;
export type DialectName = keyof typeof dialects;

/** Somebody who is told one by one. */
export interface Hearer {
  hear(events: readonly LogEvent[]): void;
}

/**
 * Those who hear one request, whichever door they came through. Socket.IO clients who want everything share one of its
 * rooms per dialect, so that a frame is encoded once; all others are told one by one.
 */
export class RoomAudience implements Audience {
  readonly #shared: Record<DialectName, { room: string; io: Server | undefined; size: number }>;
  readonly #hearers = new Set<Hearer>();

  constructor(requestId: string) {
    // the id comes last: whatever it is, it cannot name the room of another request or dialect
    const shared = (prefix: string) => ({ room: `${prefix}request:${requestId}`, io: undefined, size: 0 });
    this.#shared = { guide: shared(''), log: shared('log|') };
  }

  emit(events: readonly LogEvent[]): void {
    for (const name of ['guide', 'log'] as const) {
      const { room, io, size } = this.#shared[name];
      if (io !== undefined && size > 0) send(io.to(room), dialects[name], events);
    }
    for (const hearer of this.#hearers) hearer.hear(events);
  }

  add(hearer: Hearer): void {
    this.#hearers.add(hearer);
  }

  remove(hearer: Hearer): void {
    this.#hearers.delete(hearer);
  }

  addShared(io: Server, socket: Socket, dialect: DialectName): void {
    const shared = this.#shared[dialect];
    shared.io = io;
    shared.size += 1;
    void socket.join(shared.room);
  }

  removeShared(socket: Socket, dialect: DialectName): void {
    const shared = this.#shared[dialect];
    shared.size -= 1;
    void socket.leave(shared.room);
  }
}

export function send(
  to: { emit(name: string, payload: unknown): unknown },
  dialect: StatelessDialect,
  events: readonly LogEvent[],
): void {
  if (events.length === 0) return;
  for (const { name, payload } of dialect.messages(events)) to.emit(name, payload);
}
