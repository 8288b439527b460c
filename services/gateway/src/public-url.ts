import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/** Where clients reach the gateway: `PUBLIC_URL`, else as each one's Host header says. */
export class PublicUrl {
  readonly #url: string | undefined;

  constructor(url: string | undefined) {
    this.#url = url?.replace(/\/+$/, '');
  }

  /** without a slash at its end */
  of({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    return this.#url ?? `${socket instanceof TLSSocket ? 'https' : 'http'}://${headers.host ?? 'localhost'}`;
  }
}
