import type { RequestSnapshot } from '@stepwire/client';
import { useRequest } from '@stepwire/react';
import { SearchX } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { sentence } from '../shell/connection-view.ts';
import { usePageName } from '../shell/page-title.tsx';
import { Empty } from '../ui/empty.tsx';
import { Notice } from '../ui/notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { Tab, TabPanel, Tabs, TabsList } from '../ui/tabs.tsx';
import { Head } from './head.tsx';
import { LivePlan } from './plan/live-plan.tsx';
import type { StepWish } from './plan/plan.tsx';
import { Questions } from './questions.tsx';
import { RequestContext, useLog, useOpening } from './request-context.ts';
import './request.css';

const Waterfall = lazy(() => import('./waterfall/waterfall.tsx'));
const Replay = lazy(() => import('./replay/replay.tsx'));
const Events = lazy(() => import('./events/events.tsx'));

const views = ['plan', 'waterfall', 'replay', 'events'] as const;
type View = (typeof views)[number];
const viewOf = (name: string | null): View => views.find((view) => view === name) ?? 'plan';

export interface RequestPageProps {
  readonly requestId: string;
}

/** Everything one sees of one request. */
export default function RequestPage({ requestId }: RequestPageProps): ReactNode {
  const open = useOpening(requestId);
  return (
    <RequestContext value={open}>
      <Page requestId={requestId} />
    </RequestContext>
  );
}

function Page({ requestId }: RequestPageProps): ReactNode {
  usePageName('Request');
  const unknown = useRequest(requestId, isUnknown);
  const { length, refusal } = useLog();
  const seen = length > 0;
  const [search, setSearch] = useSearchParams();
  const [wish, setWish] = useState<StepWish | null>(null);
  const view = viewOf(search.get('view'));
  const show = (name: string): void => {
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (name === 'plan') after.delete('view');
        else after.set('view', name);
        return after;
      },
      { replace: true },
    );
  };
  if (unknown.is) return seen ? <Gone because={unknown.because} /> : <Unknown because={unknown.because} />;
  const toStep = (stepId: string): void => {
    show('plan');
    setWish({ stepId });
  };
  return (
    <div className="flex flex-col gap-5">
      <Head requestId={requestId} onStep={toStep} />
      {refusal === null || refusal.code === 'not_found' ? null : (
        <Notice tone="wait">
          Not everything could be loaded: {refusal.message}. What is here stays, and it is tried again.
        </Notice>
      )}
      <Questions requestId={requestId} />
      <Tabs value={view} onValueChange={show}>
        <TabsList aria-label="Views of this request">
          <Tab value="plan">Plan</Tab>
          <Tab value="waterfall">Waterfall</Tab>
          <Tab value="replay">Replay</Tab>
          <Tab value="events">Events</Tab>
        </TabsList>
        <ViewPanel view="plan">
          <LivePlan requestId={requestId} wish={wish} />
        </ViewPanel>
        <ViewPanel view="waterfall">
          <Waterfall onStep={toStep} />
        </ViewPanel>
        <ViewPanel view="replay">
          <Replay />
        </ViewPanel>
        <ViewPanel view="events">
          <Events />
        </ViewPanel>
      </Tabs>
    </div>
  );
}

/** The panel is there before what it shows: its tab names it. */
function ViewPanel({ view, children }: { readonly view: View; readonly children: ReactNode }): ReactNode {
  return (
    <TabPanel value={view}>
      <Suspense fallback={<Skeleton className="h-72" />}>{children}</Suspense>
    </TabPanel>
  );
}

const isUnknown = ({ status, refusal }: RequestSnapshot) => ({
  is: status === 'unknown' || (status === 'loading' && refusal !== null),
  because: refusal !== null && refusal.code !== 'not_found' ? refusal.message : null,
});

/** It was deleted, or may no longer be watched, while somebody looked: what was seen of it stays. */
function Gone({ because }: { readonly because: string | null }): ReactNode {
  return (
    <div className="flex flex-col gap-5">
      <h1 className="sr-only">A request that is no longer there</h1>
      <Notice tone="wait">
        {because === null ? 'This request is no longer kept.' : sentence(because)} What was seen of it stays here until
        you leave.
      </Notice>
      <Suspense fallback={<Skeleton className="h-72" />}>
        <Replay />
      </Suspense>
    </div>
  );
}

function Unknown({ because }: { readonly because: string | null }): ReactNode {
  return (
    <>
      <h1 className="sr-only">Not found</h1>
      <Empty icon={SearchX} title="Not found">
        <p>
          {because === null
            ? 'There is no such request, or it is not yours. Old ones are deleted after a while. If it is about to begin, it appears here by itself.'
            : sentence(because)}
        </p>
        <p className="mt-2">
          <Link href="/requests" className="text-accent underline">
            All requests
          </Link>
        </p>
      </Empty>
    </>
  );
}
