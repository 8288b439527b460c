import type { IncomingMessage } from 'node:http';
import type { Proxies } from './proxies.ts';

/** Where clients reach the gateway: `PUBLIC_URL`, else as each one's Host header says. */
export class PublicUrl {
  readonly #url: string | undefined;
  readonly #proxies: Proxies;

  constructor(url: string | undefined, proxies: Proxies) {
    this.#proxies = proxies;
    this.#url = url?.replace(/\/+$/, '');
  }

  /** without a slash at its end */
  of(request: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    return this.#url ?? `${this.#proxies.protocolOf(request)}://${request.headers.host ?? 'localhost'}`;
  }
}
