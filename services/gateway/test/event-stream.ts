import { waitFor } from '@stepwire/testing';

export interface StreamMessage {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
}

/** Server-Sent Events by `fetch` alone: what came, field by field, and whether it has ended. */
export class EventStream {
  readonly response: Response;
  text = '';
  ended = false;
  readonly #abort: AbortController;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    void this.#read();
  }

  static async open(url: string, init: RequestInit = {}): Promise<EventStream> {
    const abort = new AbortController();
    const headers = { accept: 'text/event-stream', ...init.headers };
    return new EventStream(await fetch(url, { ...init, headers, signal: abort.signal }), abort);
  }

  get messages(): StreamMessage[] {
    const blocks = this.text.split('\n\n').slice(0, -1);
    return blocks.map((block) => {
      const field = (name: string): string | undefined =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      return { id: field('id'), event: field('event'), data: field('data') };
    });
  }

  /** payloads of messages that have one */
  get payloads(): Record<string, unknown>[] {
    return this.messages.flatMap(({ data }) => (data === undefined ? [] : [JSON.parse(data)]));
  }

  get ids(): string[] {
    return this.messages.flatMap(({ id, data }) => (id === undefined || data === undefined ? [] : [id]));
  }

  reaches(id: string): Promise<unknown> {
    return waitFor(() => this.messages.some((message) => message.id === id), {
      what: `id ${id} in ${this.text}`,
      timeoutMs: 20_000,
    });
  }

  end(): Promise<unknown> {
    return waitFor(() => this.ended, { what: `the end of ${this.text}`, timeoutMs: 20_000 });
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body ?? []) this.text += decoder.decode(chunk, { stream: true });
    } catch {
      // closed by us, or cut off
    }
    this.ended = true;
  }
}
