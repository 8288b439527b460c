import { isIP } from 'node:net';

/**
 * One origin policy for REST, polling and upgrades (design §8): without a list, pages of this machine on any port; else
 * those of the list. Programs that are no browser send no origin.
 */
export type OriginPolicy = (origin: string | undefined) => boolean;

/** @param allowedOrigins `ALLOWED_ORIGINS`: origins such as `https://app.example`, separated by commas; `*` allows all */
export function originPolicy(allowedOrigins: string): OriginPolicy {
  const allowed = new Set(
    allowedOrigins
      .split(',')
      .map((origin) => origin.trim().toLowerCase())
      .filter((origin) => origin !== ''),
  );
  if (allowed.size === 0) return (origin) => origin === undefined || isLoopbackOrigin(origin);
  return (origin) => origin === undefined || allowed.has('*') || allowed.has(origin.toLowerCase());
}

export const refusalOf = (origin: string | undefined): string =>
  `pages of ${origin} may not connect: add their origin to ALLOWED_ORIGINS`;

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}

/** @param host name or address, IPv6 with or without brackets */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}
