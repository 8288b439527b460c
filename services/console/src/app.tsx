import { StepwireProvider } from '@stepwire/react';
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { NotFound } from './shell/not-found.tsx';
import { Skeleton } from './ui/skeleton.tsx';

const RequestPage = lazy(() => import('./request/request-page.tsx'));
const ImmersivePage = lazy(() => import('./immersive/immersive-page.tsx'));

/** The shell has the page's header and its one `<main>`; what a page renders stands in that, and begins with its `<h1>`. */
export function App() {
  return (
    <StepwireProvider url={location.origin}>
      <main id="main" tabIndex={-1} className="mx-auto max-w-6xl px-4 py-6 sm:px-6">
        <Suspense fallback={<Skeleton className="h-64" />}>
          <Switch>
            <Route path="/requests/:id/space">{({ id }) => <ImmersivePage key={id} requestId={id} />}</Route>
            <Route path="/requests/:id">{({ id }) => <RequestPage key={id} requestId={id} />}</Route>
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </Suspense>
      </main>
    </StepwireProvider>
  );
}
