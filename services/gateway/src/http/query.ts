import type { IncomingMessage } from 'node:http';
import { StepwireError } from '@stepwire/protocol';

/** Path and query of a request, whatever was sent: read against a base, `//[` is a host, and not even one. */
export const targetOf = (url = '/'): URL => new URL(`http://gateway${url.startsWith('/') ? url : '/'}`);

/** The query as it stands in the address; names that come twice, or as `name[]`, mean nothing more here. */
export const queryOf = ({ url }: Pick<IncomingMessage, 'url'>): URLSearchParams => targetOf(url).searchParams;

const MAX_TYPES = 100;

/** `types=a,b`, also several times; undefined: all. @throws StepwireError `bad_request` */
export function typesOf(query: URLSearchParams): string[] | undefined {
  const types = query.getAll('types').flatMap((list) => list.split(',').filter((type) => type !== ''));
  if (types.length > MAX_TYPES) {
    throw new StepwireError('bad_request', `types may be ${MAX_TYPES} at most`, { path: '/types' });
  }
  return types.length === 0 ? undefined : types;
}

/** A member that is a whole number, as JSON would have it; what is none is left for the schema to refuse. */
export function numberOf(query: URLSearchParams, name: string): number | string | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/**
 * Where a client that comes back goes on: `Last-Event-ID`, else `since`. An `EventSource` comes back to the address it was
 * made with, so what it says in the header is newer.
 */
export function lastEventId({ url, headers }: Pick<IncomingMessage, 'url' | 'headers'>): string | undefined {
  const header = headers['last-event-id'];
  if (typeof header === 'string' && header !== '') return header;
  return queryOf({ url }).get('since') ?? undefined;
}
