import { useRequest } from '@stepwire/react';
import clsx from 'clsx';
import { memo, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../shell/viewer.ts';
import { Progress } from '../ui/progress.tsx';
import { Status, toneOf } from '../ui/status.tsx';
import { Duration, Time } from '../ui/time.tsx';
import { isActive, nameOf, type RequestRow } from './request-rows.ts';

/** the columns of a wide screen, for the heading too */
export const rowColumns = 'md:grid-cols-[minmax(0,1fr)_11.5rem_7rem_9rem_5.5rem]';

/** A request in a list. While it goes on and is on the screen it is watched, and so live. */
export const RequestRowItem = memo(function RequestRowItem({ row }: { readonly row: RequestRow }): ReactNode {
  const { user } = useViewer();
  const item = useRef<HTMLLIElement>(null);
  const seen = useOnScreen(item, isActive(row.status));
  const { status, progress, finishedAt } = useRequest(seen ? row.requestId : null, (request) => {
    const known = request.status === 'loading' || request.status === 'unknown' ? row : request;
    return { status: known.status, progress: Math.round(known.progress), finishedAt: known.finishedAt };
  });
  const name = nameOf(row.userQuery, row.requestId, 200);
  return (
    <li ref={item}>
      <Link
        href={`/requests/${encodeURIComponent(row.requestId)}`}
        className={clsx(
          'grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1 px-4 py-2.5 transition-colors hover:bg-sunken focus-visible:-outline-offset-2',
          rowColumns,
        )}
      >
        <span className="col-span-2 min-w-0 md:col-span-1">
          <span className="block truncate font-medium">{name}</span>
          <span className="block truncate text-muted text-xs">
            <span className="font-mono">{row.requestId}</span>
            {/* an operator's list has everybody's */}
            {row.userId === null || row.userId === user?.userId ? null : ` · ${row.userId}`}
          </span>
        </span>
        <span className="flex items-center gap-2">
          <Status status={status} />
          {isActive(status) ? <span className="text-muted text-xs md:hidden">{progress} %</span> : null}
        </span>
        <span className="hidden items-center gap-2 text-muted text-xs md:flex">
          {isActive(status) ? (
            <>
              <Progress label={`Progress of ${name}`} percent={progress} tone={toneOf(status)} className="flex-1" />
              <span className="w-10 text-right">{progress} %</span>
            </>
          ) : (
            `${progress} %`
          )}
        </span>
        <span className="text-right text-muted text-xs md:text-left">
          <Time at={row.createdAt} />
          <span className="md:hidden">
            {' · '}
            <Duration from={row.createdAt} to={finishedAt} />
          </span>
        </span>
        <span className="hidden text-right text-muted text-xs md:block">
          <Duration from={row.createdAt} to={finishedAt} />
        </span>
      </Link>
    </li>
  );
});

/** Whether it is on the screen; false where nobody wants to know. */
function useOnScreen(element: RefObject<Element | null>, wanted: boolean): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const { current } = element;
    if (!wanted || current === null) {
      setSeen(false);
      return undefined;
    }
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting === true));
    observer.observe(current);
    return () => observer.disconnect();
  }, [element, wanted]);
  return seen;
}
