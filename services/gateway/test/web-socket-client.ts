import { waitFor } from '@stepwire/testing';
import { type ClientOptions, WebSocket } from 'ws';

/** A plain WebSocket that keeps all it is sent. */
export class WebSocketClient {
  readonly socket: WebSocket;
  readonly messages: Record<string, unknown>[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), options);
    this.socket.on('message', (data) => this.messages.push(JSON.parse(String(data))));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on('error', () => undefined); // a close follows
  }

  get told(): Record<string, unknown>[] {
    return this.messages.filter((message) => !('heartbeat' in message));
  }

  message(
    matches: (message: Record<string, unknown>) => boolean,
    what = 'a message',
  ): Promise<Record<string, unknown>> {
    return waitFor(() => this.messages.find(matches), {
      what: `${what} in ${JSON.stringify(this.messages)}`,
      timeoutMs: 20_000,
    });
  }

  close(): Promise<{ readonly code: number; readonly reason: string }> {
    return waitFor(() => this.closed, { what: `the close after ${JSON.stringify(this.messages)}`, timeoutMs: 20_000 });
  }
}
