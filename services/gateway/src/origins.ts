import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * One policy of who may connect, for REST, polling and upgrades (design §8): pages of `ALLOWED_ORIGINS`, and on a gateway
 * for this machine, or in open mode, pages of this machine on any port. Programs that are no browser send no origin.
 */
export interface OriginPolicy {
  allows(headers: Pick<IncomingHttpHeaders, 'origin' | 'host'>): boolean;
  /** why this request is refused; undefined: it is not */
  refusal(headers: Pick<IncomingHttpHeaders, 'origin' | 'host'>): string | undefined;
}

export interface OriginOptions {
  /** `ALLOWED_ORIGINS`: origins such as `https://app.example`, separated by commas; `*` allows all */
  readonly allowedOrigins: string;
  /** pages of this machine may connect */
  readonly loopbackPages: boolean;
  /**
   * the gateway serves this machine alone, and everybody there: then a page must also call it by a name of this machine,
   * since a foreign name that was made to resolve to it would pass for the page's own origin (DNS rebinding)
   */
  readonly loopbackOnly: boolean;
  /**
   * the gateway's own pages may connect, under whatever name it is reached: not without sign-in, for the same reason
   */
  readonly ownPages: boolean;
}

export function originPolicy({ allowedOrigins, loopbackPages, loopbackOnly, ownPages }: OriginOptions): OriginPolicy {
  const allowed = new Set(
    allowedOrigins
      .split(',')
      .map((origin) => origin.trim().toLowerCase().replace(/\/$/, ''))
      .filter((origin) => origin !== ''),
  );
  const allows: OriginPolicy['allows'] = ({ origin, host }) => {
    if (origin === undefined || allowed.has('*') || allowed.has(origin.toLowerCase())) return true;
    if (!URL.canParse(origin)) return false; // `null`, of sandboxed frames and files
    const page = new URL(origin);
    return (loopbackPages && isLoopback(page.hostname)) || (ownPages && page.host === host?.toLowerCase());
  };
  return {
    allows,
    refusal(headers) {
      const { origin, host = '' } = headers;
      if (!allows(headers)) return `pages of ${origin} may not connect: add their origin to ALLOWED_ORIGINS`;
      if (!loopbackOnly || isLoopback(host.replace(/:\d*$/, ''))) return undefined;
      return `the gateway serves this machine only and is not called ${host}: use localhost, or set AUTH_MODE`;
    },
  };
}

/** @param host name or address, IPv6 with or without brackets */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}
