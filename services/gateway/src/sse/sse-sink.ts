import type { ServerResponse } from 'node:http';
import type { StepwireError } from '@stepwire/protocol';
import { comeBackAfterMs, type Sent, type Sink } from '../pump/sink.ts';

/** what a client waits before it comes back (ms), unless it is told otherwise */
const RETRY_MS = 2_000;

/**
 * Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Data is JSON, in which there is no
 * line end, so no text of a payload can begin a field or end a message.
 */
export class SseSink implements Sink {
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  #lastId: string | undefined;

  constructor(response: ServerResponse, heartbeatMs: number) {
    this.#response = response;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // no-transform: proxies, and our own compression, would hold back what is small
      'Cache-Control': 'no-cache, no-transform',
      // https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering
      'X-Accel-Buffering': 'no',
    });
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#heartbeat = setInterval(() => this.#write(':\n\n'), heartbeatMs);
    response.once('close', () => clearInterval(this.#heartbeat));
  }

  send(messages: readonly Sent[]): void {
    let text = '';
    for (const { id, name, payload } of messages) {
      if (id !== undefined) this.#lastId = id;
      // `message` is what one without a name is anyway
      const event = name === 'message' ? '' : `event: ${oneLine(name)}\n`;
      text += `${id === undefined ? '' : `id: ${id}\n`}${event}data: ${JSON.stringify(payload)}\n\n`;
    }
    if (text !== '') this.#write(text);
  }

  /** No data, so no message, but the client's `Last-Event-ID` from now on. */
  mark(id: string): void {
    if (id !== this.#lastId) this.#write(`id: ${id}\n\n`);
    this.#lastId = id;
  }

  bufferedBytes(): number {
    return this.#response.writableLength;
  }

  drained(): Promise<void> {
    const response = this.#response;
    if (!response.writableNeedDrain || response.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        response.off('drain', done).off('close', done);
        resolve();
      };
      response.once('drain', done).once('close', done);
    });
  }

  /** a comment, for who looks; the stream stays */
  unavailable({ message }: StepwireError): void {
    this.#write(`: ${oneLine(message)}; trying again\n\n`);
  }

  /** Who was cut off for not reading could not read this either. */
  end(reason: StepwireError | null): void {
    clearInterval(this.#heartbeat);
    if (reason?.code === 'slow_consumer') {
      this.#response.destroy();
      return;
    }
    if (reason !== null) this.#write(`event: refused\ndata: ${JSON.stringify(reason.toBody())}\n\n`);
    this.#response.end();
  }

  /** The gateway ends. No message: an `EventSource` comes back by itself, to where it was. */
  goodbye(): void {
    clearInterval(this.#heartbeat);
    this.#write(`: this gateway ends, come back\nretry: ${comeBackAfterMs()}\n\n`);
    const { socket } = this.#response;
    // kept alive, the connection would keep the gateway alive
    this.#response.end(() => socket?.destroySoon());
  }

  #write(text: string): void {
    if (!this.#response.writableEnded && !this.#response.destroyed) this.#response.write(text);
  }
}

const oneLine = (text: string): string => text.replace(/[\r\n\0]+/g, ' ');
