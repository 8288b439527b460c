import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import proxyAddr from 'proxy-addr';

/**
 * What the proxies before the gateway say of a client. As many hops are believed as `TRUST_PROXY` says, counted from here:
 * what stands further left in `X-Forwarded-For` may be the client's own invention.
 */
export class Proxies {
  readonly #hops: number;

  /** @param hops 0: there is no proxy, and nothing that a request says of itself is believed */
  constructor(hops: number) {
    this.#hops = hops;
  }

  /** IP address of the client */
  addressOf(request: IncomingMessage): string {
    if (request.socket.remoteAddress === undefined) return ''; // it has gone
    return proxyAddr(request, (_, hop) => hop < this.#hops);
  }

  /** as the client sees it */
  protocolOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): 'http' | 'https' {
    const said =
      this.#hops > 0
        ? String(headers['x-forwarded-proto'] ?? '')
            .split(',')[0]
            ?.trim()
        : '';
    if (said === 'http' || said === 'https') return said;
    return socket instanceof TLSSocket ? 'https' : 'http';
  }
}
