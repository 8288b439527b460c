import { useClient } from '@stepwire/react';
import { type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { RunningContext } from '../requests/running-context.ts';
import { RunningRequests } from '../requests/running-requests.ts';
import { type KnownList, ListMemoryContext } from '../requests/use-request-list.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { ConnectionNotice } from './connection-status.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { isSignIn } from './gateway-api.ts';
import { Header } from './header.tsx';
import { PageNameContext, TabTitle } from './page-title.tsx';
import type { SessionStore } from './session.ts';
import { Toasts } from './toasts.tsx';
import { useConnection } from './use-connection.ts';
import { useViewer } from './viewer.ts';

export interface FrameProps {
  readonly session: SessionStore;
  readonly children: ReactNode;
}

/** What stands around every page: header, connection, toasts, the tab's title. */
export function Frame({ session, children }: FrameProps): ReactNode {
  const { user, api } = useViewer();
  const client = useClient();
  const [path] = useLocation();
  const [page, setPage] = useState('');
  const connection = useConnection();
  useReconnect(session);

  const signedIn = user !== null;
  const [lists] = useState(() => new Map<string, KnownList>());
  const running = useMemo(() => (signedIn ? new RunningRequests(api, client) : null), [signedIn, api, client]);
  // before the toasts listen to the same feed: what it is asked for is said by the first
  useEffect(() => running?.follow(), [running]);

  return (
    <RunningContext.Provider value={running}>
      <ListMemoryContext.Provider value={lists}>
        <PageNameContext.Provider value={setPage}>
          <a
            href="#main"
            className="sr-only z-50 rounded-md bg-raised px-3 py-2 focus:not-sr-only focus:fixed focus:start-2 focus:top-2"
          >
            Skip to content
          </a>
          <Header connection={connection} session={session} />
          <Main path={path}>
            <ConnectionNotice connection={connection} />
            <ErrorBoundary page={path}>
              <Suspense fallback={<Loading />}>{children}</Suspense>
            </ErrorBoundary>
          </Main>
          {signedIn ? <ToastsAfterFeed /> : null}
          <TabTitle page={page} />
        </PageNameContext.Provider>
      </ListMemoryContext.Provider>
    </RunningContext.Provider>
  );
}

/** Effects of children run first, and the feed is followed by an effect above: so these come a render later. */
function ToastsAfterFeed(): ReactNode {
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  return ready ? <Toasts /> : null;
}

/** a page that is shown within this after a step back or forth is shown for that (ms) */
const BACK_WITHIN_MS = 500;

/** The page's landmark. On another page it has the focus, so that a keyboard and a screen reader begin there. */
function Main({ path, children }: { readonly path: string; readonly children: ReactNode }): ReactNode {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  const backAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const back = (): void => {
      backAt.current = performance.now();
    };
    window.addEventListener('popstate', back);
    return () => window.removeEventListener('popstate', back);
  }, []);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    // the browser knows where a page was left
    if (performance.now() - backAt.current > BACK_WITHIN_MS) window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <main id="main" ref={main} tabIndex={-1} className="mx-auto max-w-6xl px-4 py-6 outline-none sm:px-6 sm:py-8">
      {children}
    </main>
  );
}

function Loading(): ReactNode {
  return (
    <div role="status" aria-label="Loading" className="grid gap-4">
      <Skeleton className="h-8 w-1/2" />
      <Skeleton className="h-64" />
    </div>
  );
}

/** A connection that was refused for want of a sign-in says so, and is opened again after the next one. */
function useReconnect(session: SessionStore): void {
  const client = useClient();
  const { user } = useViewer();
  const asGuest = user === null;
  useEffect(() => {
    if (asGuest) return undefined;
    const look = (): void => {
      const status = client.status.getSnapshot();
      if (status.state !== 'failed' || !isSignIn(status.reason)) return;
      session.refused(status.reason);
    };
    const goOn = (): void => {
      const status = client.status.getSnapshot();
      const refused = status.state === 'failed' && isSignIn(status.reason);
      if (session.getSnapshot().kind === 'signed-in' && refused) client.connect();
    };
    const stops = [client.status.subscribe(look), session.subscribe(goOn)];
    look();
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, session, asGuest]);
}
