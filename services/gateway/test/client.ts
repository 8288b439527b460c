import { waitFor } from '@stepwire/testing';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

export type Body = Readonly<Record<string, unknown>>;
export interface Frame {
  readonly name: string;
  readonly body: Body | readonly Body[];
}

/** `socket.io-client` and nothing of ours, that keeps all it is sent. */
export class Client {
  readonly socket: Socket;
  readonly frames: Frame[] = [];

  constructor(url: string, query: Record<string, string> = {}, options: Partial<ManagerOptions & SocketOptions> = {}) {
    this.socket = io(url, { query, transports: ['websocket'], forceNew: true, reconnectionDelay: 50, ...options });
    this.socket.onAny((name: string, body: Frame['body']) => this.frames.push({ name, body }));
  }

  /** payloads of frames of that name, `data.*` aside */
  named(name: string): Body[] {
    return this.frames.flatMap((frame) =>
      frame.name === name && !Array.isArray(frame.body) ? [frame.body as Body] : [],
    );
  }

  /** seq of everything that is an event */
  get seqs(): number[] {
    return this.frames.flatMap(({ name, body }) =>
      name === 'state' ? [] : [body].flat().flatMap(({ seq }) => (typeof seq === 'number' ? [seq] : [])),
    );
  }

  ask(command: string, body?: unknown): Promise<Body> {
    return this.socket.timeout(20_000).emitWithAck(command, body);
  }

  frame(name: string, nth = 1): Promise<Body> {
    return waitFor(() => this.named(name)[nth - 1], { timeoutMs: 20_000, what: `${name} no. ${nth}` });
  }

  reaches(seq: number): Promise<unknown> {
    return waitFor(() => this.seqs.at(-1) === seq, { timeoutMs: 20_000, what: `seq ${seq}, is ${this.seqs.at(-1)}` });
  }
}

export const upTo = (to: number, from = 1): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
