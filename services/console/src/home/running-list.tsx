import type { RequestSnapshot } from '@stepwire/client';
import { useRequest } from '@stepwire/react';
import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { nameOf, type RequestRow } from '../requests/request-rows.ts';
import { Card } from '../ui/card.tsx';
import { Progress } from '../ui/progress.tsx';
import { Status, toneOf } from '../ui/status.tsx';
import { Duration } from '../ui/time.tsx';

/** What is under way, each row live. */
export function RunningList({ rows }: { readonly rows: readonly RequestRow[] }): ReactNode {
  return (
    <Card>
      <ul className="divide-y">
        {rows.map((row) => (
          <RunningRow key={row.requestId} row={row} />
        ))}
      </ul>
    </Card>
  );
}

/** Watches its request: so a row renders when its own request has changed, and no other does. */
const RunningRow = memo(function RunningRow({ row }: { readonly row: RequestRow }): ReactNode {
  const { status, progress, stage, finishedAt } = useRequest(row.requestId, (request) => {
    // until it has come, what the list said
    const known = request.status === 'loading' || request.status === 'unknown' ? row : request;
    return {
      status: known.status,
      progress: Math.round(known.progress),
      stage: stageOf(request, known.status, known.currentStage),
      finishedAt: known.finishedAt,
    };
  });
  const name = nameOf(row.userQuery, row.requestId, 160);
  return (
    <li className="[contain-intrinsic-size:auto_64px] [content-visibility:auto]">
      <Link
        href={`/requests/${encodeURIComponent(row.requestId)}`}
        className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1.5 px-4 py-3 transition-colors hover:bg-sunken focus-visible:-outline-offset-2"
      >
        <span className="min-w-0 truncate font-medium">{name}</span>
        <Status status={status} />
        <span className="flex min-w-0 items-center gap-3">
          <Progress label={name} percent={progress} tone={toneOf(status)} className="w-24 shrink-0 sm:w-48" />
          <span className="w-9 shrink-0 text-muted text-xs">{progress} %</span>
          <span className="min-w-0 truncate text-muted text-xs">{stage}</span>
        </span>
        <span className="text-right text-muted text-xs">
          <Duration from={row.createdAt} to={finishedAt} />
        </span>
      </Link>
    </li>
  );
});

/** What runs now, in the plan's words where there are some. */
function stageOf({ steps }: RequestSnapshot, status: string, currentStage: string): string {
  const running = steps.filter((step) => step.status === 'running').map(({ title, tool }) => title || tool);
  if (running.length > 0) return running.join(', ');
  return currentStage === status ? '' : currentStage.replaceAll('_', ' ');
}
