import { waitFor } from '@stepwire/testing';
import { io, type Socket } from 'socket.io-client';

/** A frame as a plain `socket.io-client` gets it: event name and payload. */
export interface Frame {
  readonly name: string;
  readonly body: Record<string, unknown>;
}

/** A program that knows nothing but `socket.io-client` and the field names of design §7.1. */
export class Watcher {
  readonly socket: Socket;
  readonly frames: Frame[] = [];

  constructor(url: string, query: Record<string, string> = {}) {
    this.socket = io(url, { query, transports: ['websocket'], reconnectionDelay: 50, reconnectionDelayMax: 200 });
    this.socket.onAny((name: string, body: Record<string, unknown>) => this.frames.push({ name, body }));
  }

  /** frames that stand for events of the log */
  get events(): Frame[] {
    return this.frames.filter(({ name, body }) => name !== 'state' && typeof body.seq === 'number');
  }

  get seqs(): number[] {
    return this.events.map(({ body }) => Number(body.seq));
  }

  get states(): Record<string, unknown>[] {
    return this.frames.filter(({ name }) => name === 'state').map(({ body }) => body);
  }

  async ask(command: string, body: object): Promise<Record<string, unknown>> {
    return await this.socket.timeout(10_000).emitWithAck(command, body);
  }

  /** the first frame of that name that fits */
  frame(
    name: string,
    fits: (body: Record<string, unknown>) => boolean = () => true,
    timeoutMs = 40_000,
  ): Promise<Frame> {
    return waitFor(() => this.frames.find((frame) => frame.name === name && fits(frame.body)), {
      timeoutMs,
      what: `a frame ${name} (got ${this.frames.map((f) => f.name).join(' ')})`,
    });
  }

  progress(stepId: string, status: string, timeoutMs?: number): Promise<Frame> {
    return this.frame('progress', (body) => body.status === status && data(body).stepId === stepId, timeoutMs);
  }

  close(): void {
    this.socket.close();
  }
}

export const data = (body: Record<string, unknown>): Record<string, unknown> => body.data as Record<string, unknown>;

export const dense = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A plan of the tools there are, as `context.plan`. */
export const planOf = (...steps: { id: string; action: string; input?: object; dependsOn?: string[] }[]) => ({
  plan: { goal: 'a test', steps: steps.map((step, i) => ({ order: i + 1, title: step.id, ...step })) },
});
export const wait = (id: string, ms: number, ...dependsOn: string[]) => ({
  id,
  action: 'wait',
  input: { ms },
  dependsOn,
});
