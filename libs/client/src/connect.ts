import { type Behaviour, Client } from './client.ts';
import type { TokenSource } from './connection.ts';
import { browserPage } from './page.ts';
import { SocketLink } from './socket-link.ts';

export interface ConnectOptions extends Behaviour {
  /** of the gateway; default: where the page came from */
  readonly url?: string;
  /**
   * The bearer token, or what gives one: called before every attempt to connect, with the refusal where the last one was
   * refused (`auth_expired`, `unauthorized`), and so the place to renew it. Absent: the session's cookie, or an open gateway.
   */
  readonly token?: TokenSource;
  /** sends cookies to a gateway of another origin; default: where there is no token */
  readonly withCredentials?: boolean;
  /** false: nothing happens before `client.connect()` */
  readonly autoConnect?: boolean;
}

/** Begins to connect, and goes on trying; see `client.status`. */
export function connect({
  url,
  token,
  withCredentials,
  autoConnect = true,
  ...behaviour
}: ConnectOptions = {}): Client {
  const address = url ?? (typeof location === 'undefined' ? '' : location.origin);
  if (!URL.canParse(address))
    throw new TypeError(`url must be absolute, such as https://agents.example, not '${address}'`);
  const client = new Client({
    ...behaviour,
    token: token ?? null,
    link: (handlers) => new SocketLink(address, withCredentials ?? token === undefined, handlers),
    page: browserPage(),
    needsNetwork: !loopback.test(new URL(address).hostname),
    random: Math.random,
  });
  if (autoConnect) client.connect();
  return client;
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost)$/;
