import type { RequestSnapshot } from '@stepwire/client';
import { useRequest } from '@stepwire/react';
import { type ReactNode, useState } from 'react';
import { useViewer } from '../shell/viewer.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Progress } from '../ui/progress.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { Status, toneOf } from '../ui/status.tsx';
import { Duration, Time } from '../ui/time.tsx';
import { Actions } from './actions.tsx';
import { useLog } from './request-context.ts';
import { UnderWay } from './under-way.tsx';
import { visibleText } from './visible-text.ts';

/** longer questions are folded (UTF-16 code units) */
const QUERY_CHARS = 240;

export interface HeadProps {
  readonly requestId: string;
  /** goes to where a step stands in the plan */
  readonly onStep: (stepId: string) => void;
}

/** What was asked, by whom, how far it is, and what can be done about it. */
export function Head({ requestId, onStep }: HeadProps): ReactNode {
  const head = useRequest(requestId, shown);
  const { status, progress, createdAt, finishedAt, stalled, loading } = head;
  return (
    <header className="flex flex-col gap-3">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-80">
          {loading ? <Skeleton className="h-7 w-3/4" /> : <Query query={head.userQuery} />}
        </div>
        <Actions requestId={requestId} status={status} />
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-muted">
        <span role="status">
          <Status status={status} />
        </span>
        {createdAt === null ? null : (
          <>
            <span>
              <span className="sr-only">{finishedAt === null ? 'for ' : 'took '}</span>
              <Duration from={createdAt} to={finishedAt} className="font-medium text-ink" />
            </span>
            <Dot />
            <span>
              started <Time at={createdAt} />
              <Owner />
            </span>
          </>
        )}
        {head.usage === null ? null : (
          <>
            <Dot />
            <span>{(head.usage.inputTokens + head.usage.outputTokens).toLocaleString()} tokens</span>
          </>
        )}
        <Dot />
        <span className="flex min-w-0 items-center">
          <code className="min-w-0 truncate font-mono text-xs">{visibleText(requestId)}</code>
          <CopyButton text={requestId} label="Copy id" iconOnly variant="ghost" size="icon" className="size-7!" />
        </span>
      </div>
      <div className="flex items-center gap-3">
        <Progress label="Progress" percent={progress} tone={toneOf(status)} className="h-2! flex-1" />
        <span aria-hidden="true" className="w-12 whitespace-nowrap text-end font-medium">
          {Math.round(progress)} %
        </span>
      </div>
      <UnderWay requestId={requestId} onStep={onStep} />
      {stalled ? (
        <Notice tone="wait">
          Nothing has been heard for a while: whoever works on it may be gone. It goes on as soon as they are back.
        </Notice>
      ) : null}
    </header>
  );
}

const shown = (request: RequestSnapshot) => ({
  status: request.status,
  progress: request.progress,
  createdAt: request.createdAt,
  finishedAt: request.finishedAt,
  stalled: request.stalled,
  userQuery: request.userQuery,
  usage: request.usage,
  loading: request.status === 'loading',
});

function Query({ query }: { readonly query: string | null }): ReactNode {
  const [whole, setWhole] = useState(false);
  if (query === null)
    return <h1 className="font-semibold text-lg text-muted leading-7">A request without a question</h1>;
  const long = query.length > QUERY_CHARS;
  return (
    <>
      <h1 className="whitespace-pre-wrap font-semibold text-lg leading-7 [overflow-wrap:anywhere]">
        {visibleText(long && !whole ? `${query.slice(0, QUERY_CHARS).trimEnd()}…` : query)}
      </h1>
      {long ? (
        <button type="button" aria-expanded={whole} className="text-accent" onClick={() => setWhole(!whole)}>
          {whole ? 'Show less' : 'Show all of it'}
        </button>
      ) : null}
    </>
  );
}

/** Whose it is, where that is somebody else than who looks. */
function Owner(): ReactNode {
  const { trace, length } = useLog();
  const { user } = useViewer();
  const { userId } = trace.stateAt(length);
  if (userId === null || userId === user?.userId) return null;
  return <> by {visibleText(userId)}</>;
}

export const Dot = (): ReactNode => (
  <span aria-hidden="true" className="text-edge max-sm:hidden">
    ·
  </span>
);
