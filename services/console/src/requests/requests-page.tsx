import clsx from 'clsx';
import { Inbox, RefreshCw, SearchX } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { sentence } from '../shell/connection-view.ts';
import { usePageName } from '../shell/page-title.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Empty } from '../ui/empty.tsx';
import { Notice } from '../ui/notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { FilterBar } from './filter-bar.tsx';
import { filtersIn, listQueryOf, searchOf } from './request-filters.ts';
import { RequestRowItem, rowColumns } from './request-row.tsx';
import { useRunning } from './running-context.ts';
import { useRequestList } from './use-request-list.ts';

const PAGE_ROWS = 50;

/** All requests, newest first. What they are narrowed to stands in the address. */
export function RequestsPage(): ReactNode {
  usePageName('Requests');
  const search = useSearch();
  const [, navigate] = useLocation();
  const filters = useMemo(() => filtersIn(search), [search]);
  const query = useMemo(() => listQueryOf(filters, PAGE_ROWS), [filters]);
  const list = useRequestList(query);
  const narrowed = searchOf(filters) !== '';
  const fresh = useFresh(list.rows, narrowed);
  const clear = (): void => navigate('/requests');

  return (
    <>
      <h1 className="mb-4 font-semibold text-xl tracking-tight">Requests</h1>
      <FilterBar filters={filters} onChange={(next) => navigate(`/requests${searchOf(next)}`, { replace: true })} />
      <p role="status" className="sr-only">
        {list.loading || list.rows === null
          ? ''
          : `${list.rows.length}${list.cursor === null ? '' : ' or more'} requests`}
      </p>
      <div className="mt-5">
        {list.error === null ? null : (
          <Notice
            className="mb-4"
            action={
              <Button size="sm" onClick={list.reload}>
                Try again
              </Button>
            }
          >
            The list could not be read. {sentence(list.error.message)}
          </Notice>
        )}
        {fresh > 0 ? (
          <Button variant="ghost" className="mb-2 w-full text-accent" onClick={list.reload}>
            <RefreshCw aria-hidden="true" className="size-4" />
            {fresh === 1 ? '1 new request' : `${fresh} new requests`}
          </Button>
        ) : null}
        {list.rows === null ? (
          list.error === null ? (
            <Skeleton className="h-96" />
          ) : null
        ) : list.rows.length === 0 && list.cursor === null ? (
          narrowed ? (
            <Empty icon={SearchX} title="No request fits">
              <p>Other words, another status or more days may find it.</p>
              <Button className="mt-3" onClick={clear}>
                Clear filters
              </Button>
            </Empty>
          ) : (
            <Empty icon={Inbox} title="No requests yet">
              <Button asChild={true} variant="primary" className="mt-3">
                <Link href="/">Start a check</Link>
              </Button>
            </Empty>
          )
        ) : (
          <>
            <Card className={clsx('transition-opacity', list.loading && 'opacity-70')}>
              <div
                aria-hidden="true"
                className={clsx('hidden gap-x-4 border-b px-4 py-2 text-muted text-xs md:grid', rowColumns)}
              >
                <span>Request</span>
                <span>Status</span>
                <span>Progress</span>
                <span>Started</span>
                <span className="text-right">Took</span>
              </div>
              <ul aria-label="Requests" aria-busy={list.loading} className="divide-y">
                {list.rows.map((row) => (
                  <RequestRowItem key={row.requestId} row={row} />
                ))}
              </ul>
            </Card>
            {list.cursor === null ? null : (
              <div className="mt-4 text-center">
                <Button onClick={list.loadMore} busy={list.loading}>
                  Load more
                </Button>
              </div>
            )}
          </>
        )}
      </div>
    </>
  );
}

/** How many have begun since the list was read, where it would show all of them. */
function useFresh(rows: readonly { readonly requestId: string }[] | null, narrowed: boolean): number {
  const known = useMemo(() => new Set(rows?.map(({ requestId }) => requestId)), [rows]);
  return useRunning((running) =>
    narrowed || rows === null || running.rows === null
      ? 0
      : running.rows.filter(({ requestId }) => !known.has(requestId)).length,
  );
}
