import type { ErrorBody } from '@stepwire/client';
import { createContext, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { asRefusal } from '../shell/session.ts';
import { useGatewayApi } from '../shell/viewer.ts';
import type { RequestRow } from './request-rows.ts';

export interface ListQuery {
  readonly q?: string;
  /** a list with commas */
  readonly status?: string;
  /** ISO 8601 */
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

export interface RequestList {
  /** null: not known yet */
  readonly rows: readonly RequestRow[] | null;
  /** null: these are all */
  readonly cursor: string | null;
  readonly loading: boolean;
  /** why the newest question was refused */
  readonly error: ErrorBody | null;
  readonly loadMore: () => void;
  readonly reload: () => void;
}

export type KnownList = Omit<RequestList, 'loadMore' | 'reload'>;

/** Lists as they were left, by what was asked: whoever comes back finds the place where they were. */
export const ListMemoryContext = createContext<Map<string, KnownList>>(new Map());

interface Page {
  readonly requests: readonly RequestRow[];
  readonly cursor: string | null;
}

/** a page may be short, even empty, and yet go on: so far is looked by itself */
const MAX_PAGES = 10;
const nothing: KnownList = { rows: null, cursor: null, loading: true, error: null };

/**
 * A list of requests, page by page. Rows that are shown stay until those of another question have come.
 * @param version asked again when it changes
 */
export function useRequestList(query: ListQuery, version: unknown = 0): RequestList {
  const api = useGatewayApi();
  const [turn, setTurn] = useState(0);
  const asked = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();
  const memory = useContext(ListMemoryContext);
  const [list, setList] = useState(() => memory.get(asked) ?? nothing);
  /** what the list answers */
  const answered = useRef(asked);
  const stopMore = useRef<AbortController | null>(null);

  const load = useCallback(
    async (after: string | null, signal: AbortSignal): Promise<Page> => {
      const found: RequestRow[] = [];
      let cursor = after;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const from = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const answer = await api.ask<Page>(`/api/requests?${asked}${from}`, { signal });
        found.push(...answer.requests);
        cursor = answer.cursor;
        if (cursor === null || found.length > 0) break;
      }
      return { requests: found, cursor };
    },
    [api, asked],
  );

  // turn and version say that it is to be asked again
  useEffect(() => {
    const stop = new AbortController();
    stopMore.current?.abort();
    setList((now) => ({ ...now, loading: true }));
    load(null, stop.signal).then(
      (page) => {
        const same = answered.current === asked;
        answered.current = asked;
        setList((now) => ({ ...(same ? renewed(now, page) : pageOf(page)), loading: false, error: null }));
      },
      (error) => {
        if (!stop.signal.aborted) setList((now) => ({ ...now, loading: false, error: asRefusal(error) }));
      },
    );
    return () => stop.abort();
  }, [load, asked, turn, version]);

  useEffect(() => {
    if (list.rows !== null && answered.current === asked) memory.set(asked, list);
  }, [memory, asked, list]);

  const { cursor, loading } = list;
  const loadMore = useCallback((): void => {
    if (cursor === null || loading) return;
    const stop = new AbortController();
    stopMore.current = stop;
    setList((now) => ({ ...now, loading: true }));
    load(cursor, stop.signal).then(
      (page) =>
        setList((now) => {
          const known = new Set(now.rows?.map(({ requestId }) => requestId));
          const fresh = page.requests.filter(({ requestId }) => !known.has(requestId));
          return { rows: [...(now.rows ?? []), ...fresh], cursor: page.cursor, loading: false, error: null };
        }),
      (error) => {
        if (!stop.signal.aborted) setList((now) => ({ ...now, loading: false, error: asRefusal(error) }));
      },
    );
  }, [cursor, loading, load]);
  const reload = useCallback(() => setTurn((now) => now + 1), []);
  return { ...list, loadMore, reload };
}

const pageOf = ({ requests, cursor }: Page): Pick<KnownList, 'rows' | 'cursor'> => ({ rows: requests, cursor });

/** The newest page, and below it what was loaded of those after it: a list that is read anew does not fold up under its reader. */
export function renewed(
  { rows, cursor }: Pick<KnownList, 'rows' | 'cursor'>,
  page: Page,
): Pick<KnownList, 'rows' | 'cursor'> {
  const last = page.requests.at(-1);
  const at = rows?.findIndex(({ requestId }) => requestId === last?.requestId) ?? -1;
  if (rows === null || at < 0 || page.cursor === null) return pageOf(page);
  return { rows: [...page.requests, ...rows.slice(at + 1)], cursor };
}
