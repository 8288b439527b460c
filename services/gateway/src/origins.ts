import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * One policy of who may connect, for REST, polling and upgrades (design §8): without a list, pages of this machine on any
 * port; else those of the list. Programs that are no browser send no origin.
 */
export interface OriginPolicy {
  allows(origin: string | undefined): boolean;
  /** why this request is refused; undefined: it is not */
  refusal(headers: IncomingHttpHeaders): string | undefined;
}

/**
 * @param allowedOrigins `ALLOWED_ORIGINS`: origins such as `https://app.example`, separated by commas; `*` allows all
 * @param loopbackOnly the gateway serves this machine alone: then a page must also call it by a name of this machine, since
 * a foreign name that was made to resolve to it would pass for the page's own origin (DNS rebinding)
 */
export function originPolicy(allowedOrigins: string, loopbackOnly: boolean): OriginPolicy {
  const allowed = new Set(
    allowedOrigins
      .split(',')
      .map((origin) => origin.trim().toLowerCase())
      .filter((origin) => origin !== ''),
  );
  const allows = (origin: string | undefined): boolean => {
    if (origin === undefined) return true;
    return allowed.size === 0 ? isLoopbackOrigin(origin) : allowed.has('*') || allowed.has(origin.toLowerCase());
  };
  return {
    allows,
    refusal({ origin, host = '' }) {
      if (!allows(origin)) return `pages of ${origin} may not connect: add their origin to ALLOWED_ORIGINS`;
      if (!loopbackOnly || isLoopback(host.replace(/:\d*$/, ''))) return undefined;
      return `the gateway serves this machine only and is not called ${host}: use localhost, or set AUTH_MODE`;
    },
  };
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}

/** @param host name or address, IPv6 with or without brackets */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}
