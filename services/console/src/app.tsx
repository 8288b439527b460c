import { StepwireProvider } from '@stepwire/react';
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';

const RequestPage = lazy(() => import('./request/request-page.tsx'));

export function App() {
  return (
    <StepwireProvider url={location.origin}>
      <Suspense>
        <Switch>
          <Route path="/requests/:id">{({ id }) => <RequestPage key={id} requestId={id} />}</Route>
          <Route>Stepwire</Route>
        </Switch>
      </Suspense>
    </StepwireProvider>
  );
}
