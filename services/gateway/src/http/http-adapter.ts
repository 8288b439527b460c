import { createServer } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

/** how often connections that are slow with their request are looked for (ms) */
const CHECK_EVERY_MS = 1_000;

/** Nest's Express, on a server whose connections cannot dawdle: headers within `headersTimeoutMs`, all within twice that. */
export class HttpAdapter extends ExpressAdapter {
  readonly #headersTimeoutMs: number;

  constructor(headersTimeoutMs: number) {
    super();
    this.#headersTimeoutMs = headersTimeoutMs;
  }

  override initHttpServer(): void {
    this.httpServer = createServer(
      {
        headersTimeout: this.#headersTimeoutMs,
        requestTimeout: 2 * this.#headersTimeoutMs,
        connectionsCheckingInterval: CHECK_EVERY_MS,
      },
      this.getInstance(),
    );
  }
}
