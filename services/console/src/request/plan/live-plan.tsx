import type { RequestSnapshot } from '@stepwire/client';
import { useRequest } from '@stepwire/react';
import { ListTree } from 'lucide-react';
import type { ReactNode } from 'react';
import { Empty } from '../../ui/empty.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { hasEnded } from '../has-ended.ts';
import { useLog } from '../request-context.ts';
import { ResultCard } from '../result/result-card.tsx';
import { Plan, type StepWish } from './plan.tsx';

export interface LivePlanProps {
  readonly requestId: string;
  readonly wish: StepWish | null;
}

/** The plan as it stands now, and below it, or above once it has ended, what came of it. */
export function LivePlan({ requestId, wish }: LivePlanProps): ReactNode {
  const request = useRequest(requestId);
  const { trace, length } = useLog();
  const { status, plan, steps } = request;
  if (status === 'loading') return <PlanSkeleton />;
  const { planning, answers } = trace.stateAt(length);
  // what is newer than the log's last page is in the snapshot already
  const seq = Math.max(length, request.seq);
  const moment = { plan, steps, status, trace, seq, planning, answers, live: !hasEnded(status) };
  return (
    <div className="flex flex-col gap-5">
      <ResultCard request={request} />
      {steps.length === 0 && planning === null ? <NoSteps status={status} /> : <Plan moment={moment} wish={wish} />}
    </div>
  );
}

const NoSteps = ({ status }: { readonly status: RequestSnapshot['status'] }): ReactNode => (
  <Empty icon={ListTree} title={hasEnded(status) ? 'It told of no steps' : 'No steps yet'}>
    Its agent has said nothing of steps. What else it says is among the events.
  </Empty>
);

export const PlanSkeleton = (): ReactNode => (
  <div className="flex flex-col gap-2">
    <Skeleton className="h-5 w-40" />
    <Skeleton className="h-16" />
    <Skeleton className="h-16" />
    <Skeleton className="h-16" />
  </div>
);
