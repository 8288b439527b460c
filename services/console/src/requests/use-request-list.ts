import type { ErrorBody } from '@stepwire/client';
import { useCallback, useEffect, useRef, useState } from 'react';
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

interface Page {
  readonly requests: readonly RequestRow[];
  readonly cursor: string | null;
}

/** a page may be short, even empty, and yet go on: so far is looked by itself */
const MAX_PAGES = 10;
const nothing = { rows: null, cursor: null, loading: true, error: null };

/**
 * A list of requests, page by page. Rows that are shown stay until those of another question have come.
 * @param version asked again when it changes
 */
export function useRequestList(query: ListQuery, version: unknown = 0): RequestList {
  const api = useGatewayApi();
  const [list, setList] = useState<Omit<RequestList, 'loadMore' | 'reload'>>(nothing);
  const [turn, setTurn] = useState(0);
  const asked = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();
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
      ({ requests, cursor }) => setList({ rows: requests, cursor, loading: false, error: null }),
      (error) => {
        if (!stop.signal.aborted) setList((now) => ({ ...now, loading: false, error: asRefusal(error) }));
      },
    );
    return () => stop.abort();
  }, [load, turn, version]);

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
