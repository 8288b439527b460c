import type { ErrorBody } from '@stepwire/client';
import type { DeadLetter } from '@stepwire/protocol';
import { MailCheck } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { sentence } from '../shell/connection-view.ts';
import { usePageName } from '../shell/page-title.tsx';
import { asRefusal } from '../shell/session.ts';
import { useGatewayApi } from '../shell/viewer.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Empty } from '../ui/empty.tsx';
import { Notice } from '../ui/notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { DeadLetterItem } from './dead-letter-item.tsx';

interface Page {
  readonly deadLetters: readonly DeadLetter[];
  readonly total: number;
  readonly cursor: string | null;
}

/** they come without anybody telling: looked for this often (ms) */
const LOOK_EVERY_MS = 10_000;

/** Messages that were refused on their way in. For operators. */
export default function DeadLettersPage(): ReactNode {
  usePageName('Dead letters');
  const { page, error, loading, load, loadMore } = useDeadLetters();
  const [said, setSaid] = useState('');
  const done = useCallback(
    (what: string): void => {
      setSaid(what);
      void load();
    },
    [load],
  );

  return (
    <>
      <div className="mb-1 flex items-center gap-3">
        <h1 className="font-semibold text-xl tracking-tight">Dead letters</h1>
        {page === null || page.total === 0 ? null : <span className="text-muted">{page.total}</span>}
        <Button size="sm" className="ms-auto" onClick={() => void load()} busy={loading}>
          Refresh
        </Button>
      </div>
      <p className="mb-5 max-w-2xl text-muted">
        Messages on the broker that were refused: no JSON, no request, or not what their type says. Mend what published
        them, then retry; or discard them.
      </p>
      <p role="status" className={said === '' ? 'sr-only' : 'mb-4 rounded-lg bg-good-soft px-3.5 py-2.5 text-good'}>
        {said}
      </p>
      {error === null ? null : (
        <Notice
          className="mb-4"
          action={
            <Button size="sm" onClick={() => void load()}>
              Try again
            </Button>
          }
        >
          Dead letters could not be read. {sentence(error.message)}
        </Notice>
      )}
      {page === null ? (
        error === null ? (
          <Skeleton className="h-64" />
        ) : null
      ) : page.deadLetters.length === 0 ? (
        <Empty icon={MailCheck} title="No dead letters">
          Everything that was published has been understood.
        </Empty>
      ) : (
        <>
          <Card>
            <ul aria-label="Dead letters" className="divide-y">
              {page.deadLetters.map((letter) => (
                <DeadLetterItem key={letter.deadLetterId} letter={letter} done={done} />
              ))}
            </ul>
          </Card>
          {page.cursor === null ? null : (
            <div className="mt-4 text-center">
              <Button onClick={() => void loadMore()} busy={loading}>
                Load more
              </Button>
            </div>
          )}
        </>
      )}
    </>
  );
}

function useDeadLetters() {
  const api = useGatewayApi();
  const [page, setPage] = useState<Page | null>(null);
  const [error, setError] = useState<ErrorBody | null>(null);
  const [loading, setLoading] = useState(false);

  const read = useCallback(
    async (cursor: string | null, take: (page: Page) => void): Promise<void> => {
      setLoading(true);
      try {
        take(await api.ask<Page>(`/api/dead-letters${cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`}`));
        setError(null);
      } catch (thrown) {
        setError(asRefusal(thrown));
      } finally {
        setLoading(false);
      }
    },
    [api],
  );
  // more than the first page was loaded
  const longer = useRef(false);
  const load = useCallback(
    () =>
      read(null, (first) => {
        longer.current = false;
        setPage(first);
      }),
    [read],
  );
  const cursor = page?.cursor ?? null;
  const loadMore = useCallback(
    () =>
      read(cursor, (next) => {
        longer.current = true;
        setPage((now) => ({ ...next, deadLetters: [...(now?.deadLetters ?? []), ...next.deadLetters] }));
      }),
    [read, cursor],
  );
  useEffect(() => {
    void load();
    const timer = setInterval(() => {
      // where more were loaded, the list stays as it is under whoever reads it
      if (document.visibilityState === 'visible')
        void api.ask<Page>('/api/dead-letters').then(freshen, () => undefined);
    }, LOOK_EVERY_MS);
    const freshen = (newest: Page): void => {
      if (!longer.current) setPage(newest);
    };
    return () => clearInterval(timer);
  }, [api, load]);
  return { page, error, loading, load, loadMore };
}
