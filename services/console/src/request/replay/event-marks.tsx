import type { LogEvent } from '@stepwire/client';
import { type ReactNode, useMemo } from 'react';

const WIDTH = 1_000;

/** Above the scrubber, where something went wrong, was asked, or was done: three paths, however many events there are. */
export function EventMarks({
  events,
  length,
}: {
  readonly events: readonly LogEvent[];
  readonly length: number;
}): ReactNode {
  // the events grow, which their length tells
  const paths = useMemo(() => pathsOf(events), [events, length]);
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${WIDTH} 6`}
      preserveAspectRatio="none"
      className="pointer-events-none absolute inset-x-2 top-0 h-1.5 w-[calc(100%-1rem)]"
    >
      {kinds.map((kind) => (
        <path key={kind} d={paths[kind]} className={looks[kind]} strokeWidth={1.5} vectorEffect="non-scaling-stroke" />
      ))}
    </svg>
  );
}

const kinds = ['done', 'asked', 'failed'] as const;
type Kind = (typeof kinds)[number];
const looks: Readonly<Record<Kind, string>> = { done: 'stroke-good', asked: 'stroke-wait', failed: 'stroke-bad' };

function pathsOf(events: readonly LogEvent[]): Readonly<Record<Kind, string>> {
  const paths: Record<Kind, string> = { done: '', asked: '', failed: '' };
  events.forEach((event, index) => {
    const kind = kindOf(event);
    if (kind !== null) paths[kind] += `M${((index / Math.max(1, events.length - 1)) * WIDTH).toFixed(1)} 0v6`;
  });
  return paths;
}

function kindOf({ type, data }: LogEvent): Kind | null {
  if (type.endsWith('.failed')) return 'failed';
  if (type.startsWith('question.') || type === 'executor.question.asked') return 'asked';
  if (type === 'request.completed') return 'done';
  if (type !== 'executor.step.progress' || !('status' in data)) return null;
  return data.status === 'failed' ? 'failed' : data.status === 'completed' ? 'done' : null;
}
