import { StepwireProvider, useStore } from '@stepwire/react';
import { lazy, type ReactNode, useEffect, useMemo, useState } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { HomePage } from './home/home-page.tsx';
import { RequestsPage } from './requests/requests-page.tsx';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { Frame } from './shell/frame.tsx';
import { GatewayApi } from './shell/gateway-api.ts';
import { NotFound } from './shell/not-found.tsx';
import { type Session, SessionStore, type User } from './shell/session.ts';
import { requestIdOf, shareOf } from './shell/share.ts';
import { SignInAgain } from './shell/sign-in-again.tsx';
import { SignInPage } from './shell/sign-in-page.tsx';
import { ThemeStore } from './shell/theme.ts';
import { ThemeContext } from './shell/theme-menu.tsx';
import { Asking, Unreachable } from './shell/unreachable.tsx';
import { ViewerContext } from './shell/viewer.ts';

const RequestPage = lazy(() => import('./request/request-page.tsx'));
const ImmersivePage = lazy(() => import('./immersive/immersive-page.tsx'));
const DeadLettersPage = lazy(() => import('./dead-letters/dead-letters-page.tsx'));

export function App(): ReactNode {
  const [theme] = useState(() => new ThemeStore(localStorage, document.documentElement));
  return (
    <ThemeContext.Provider value={theme}>
      <ErrorBoundary page="">
        <Visit />
      </ErrorBoundary>
    </ThemeContext.Provider>
  );
}

/** Who comes, and what they get to see: the pages, one shared request, or a place to sign in. */
function Visit(): ReactNode {
  const [session] = useState(() => new SessionStore(localStorage));
  const now = useStore(session, whole);
  useEffect(() => {
    void session.ask();
    // signed in or out in another window
    const look = (): void => {
      if (document.visibilityState === 'visible') void session.ask();
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [session]);
  const share = useShare(now);

  if (now.kind === 'asking' || share === 'looking') return <Asking />;
  if (share !== null) return <Connected key={share} session={session} user={null} share={share} />;
  switch (now.kind) {
    case 'unreachable':
      return <Unreachable message={now.message} />;
    case 'signed-out':
      return <SignInPage endedAt={now.endedAt} signIn={(token) => session.signIn(token)} />;
    case 'signed-in':
    case 'ended':
      return (
        <>
          <Connected key={`user ${now.user.userId}`} session={session} user={now.user} share={null} />
          {now.kind === 'ended' ? (
            <SignInAgain
              ended={now}
              signIn={(token) => session.signIn(token)}
              giveUp={() => void session.signOut().catch(() => undefined)}
            />
          ) : null}
        </>
      );
  }
}

const whole = (session: Session): Session => session;

/** The share to come in by; null: none is needed, or there is none. Who is signed in and may see the request needs none. */
function useShare(session: Session): string | null | 'looking' {
  const [path] = useLocation();
  const [, setHash] = useState(location.hash);
  useEffect(() => {
    const look = (): void => setHash(location.hash);
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  const share = shareOf({ pathname: path, hash: location.hash }, sessionStorage);
  const signedIn = session.kind === 'signed-in' || session.kind === 'ended';
  const [own, setOwn] = useState<{ readonly requestId: string; readonly isMine: boolean } | null>(null);
  const requestId = requestIdOf(path);
  useEffect(() => {
    if (share === null || !signedIn || requestId === null) return undefined;
    const stop = new AbortController();
    const mine = new GatewayApi({ share: null, signInRefused: () => undefined });
    mine.ask(`/api/requests/${encodeURIComponent(requestId)}`, { signal: stop.signal }).then(
      () => setOwn({ requestId, isMine: true }),
      () => {
        if (!stop.signal.aborted) setOwn({ requestId, isMine: false });
      },
    );
    return () => stop.abort();
  }, [share, signedIn, requestId]);
  if (share === null) return null;
  if (!signedIn) return session.kind === 'asking' ? 'looking' : share;
  if (own === null || own.requestId !== requestId) return 'looking';
  return own.isMine ? null : share;
}

interface ConnectedProps {
  readonly session: SessionStore;
  readonly user: User | null;
  readonly share: string | null;
}

/** a gateway that is away is looked for at least this often (ms): somebody is waiting in front of it */
const MAX_BACKOFF_MS = 10_000;
const backoff = { maxMs: MAX_BACKOFF_MS };
/** the tab's title says how far it is, also while nobody sees more of it than that (ms) */
const HIDDEN_AFTER_MS = 60 * 60_000;

function Connected({ session, user, share }: ConnectedProps): ReactNode {
  const viewer = useMemo(() => {
    const api = new GatewayApi({ share, signInRefused: share === null ? session.refused : () => undefined });
    return { user, share, api };
  }, [session, user, share]);
  const url = share === null ? location.origin : `${location.origin}/?share=${encodeURIComponent(share)}`;
  return (
    <StepwireProvider url={url} backoff={backoff} hiddenAfterMs={HIDDEN_AFTER_MS} withCredentials={true}>
      <ViewerContext.Provider value={viewer}>
        <Frame session={session}>
          <Pages operator={user?.operator ?? false} />
        </Frame>
      </ViewerContext.Provider>
    </StepwireProvider>
  );
}

/** Each stands in the shell's `<main>`, and begins with its `<h1>`. */
function Pages({ operator }: { readonly operator: boolean }): ReactNode {
  return (
    <Switch>
      <Route path="/">
        <HomePage />
      </Route>
      <Route path="/requests">
        <RequestsPage />
      </Route>
      <Route path="/requests/:id/space">{({ id }) => <ImmersivePage key={id} requestId={id} />}</Route>
      <Route path="/requests/:id">{({ id }) => <RequestPage key={id} requestId={id} />}</Route>
      {operator ? (
        <Route path="/dead-letters">
          <DeadLettersPage />
        </Route>
      ) : null}
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
