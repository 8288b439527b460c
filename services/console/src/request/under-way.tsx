import type { RequestSnapshot } from '@stepwire/client';
import { useRequest } from '@stepwire/react';
import { LoaderCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import { visibleText } from './visible-text.ts';

/** more are counted, not named */
const NAMED = 4;

export interface UnderWayProps {
  readonly requestId: string;
  readonly onStep: (stepId: string) => void;
}

/** What runs now, by name: each leads to its place in the plan. */
export function UnderWay({ requestId, onStep }: UnderWayProps): ReactNode {
  const stage = useRequest(requestId, stageOf);
  const running = Object.entries(useRequest(requestId, runningOf));
  if (running.length === 0) return stage === null ? null : <Line>{visibleText(stage)}</Line>;
  const named = running.slice(-NAMED);
  return (
    <Line>
      {named.map(([stepId, title]) => (
        <button
          key={stepId}
          type="button"
          onClick={() => onStep(stepId)}
          className="max-w-72 truncate rounded-sm font-medium text-ink hover:text-accent hover:underline"
        >
          {visibleText(title)}
        </button>
      ))}
      {running.length > named.length ? <span>and {running.length - named.length} more</span> : null}
    </Line>
  );
}

/** Titles by stepId, so that it changes only as steps begin and end. */
const runningOf = ({ steps }: RequestSnapshot): Readonly<Record<string, string>> =>
  Object.fromEntries(
    steps
      .filter(({ status }) => status === 'running')
      .map(({ stepId, title, tool }) => [stepId, title === '' ? tool : title]),
  );

/** Of who tells of no steps. null: the status says it already */
const stageOf = ({ status, currentStage, steps }: RequestSnapshot): string | null =>
  status === 'running' && currentStage !== status && steps.length === 0 ? currentStage : null;

const Line = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
    <span className="flex items-center gap-1.5">
      <LoaderCircle aria-hidden="true" className="size-3.5 animate-spin text-run [animation-duration:1.6s]" />
      Now
    </span>
    {children}
  </div>
);
