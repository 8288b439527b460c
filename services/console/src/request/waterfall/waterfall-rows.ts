import { isSettled, type RunState, type StepState } from '@stepwire/run-model';
import type { Span, StepTrace } from '../log/trace.ts';

/** What a step did with its time. `queued`: dispatched, nobody has begun. `delay`: until the next attempt. `answer`: a person’s. */
export type Doing = 'queued' | 'delay' | 'answer' | 'working' | 'done' | 'failed' | 'skipped';

export interface Segment {
  readonly doing: Doing;
  readonly attempt: number;
  /** ms since the request began */
  readonly from: number;
  readonly to: number;
  /** why it failed */
  readonly error: string | null;
}

export interface WaterfallRow {
  readonly stepId: string;
  readonly title: string;
  readonly tool: string;
  readonly status: StepState['status'];
  readonly segments: readonly Segment[];
  /** ms, of all attempts */
  readonly workedMs: number;
  readonly waitedMs: number;
  readonly attempts: number;
}

export interface WaterfallOptions {
  readonly run: RunState;
  readonly trace: { readonly step: (stepId: string) => StepTrace };
  /** Unix ms */
  readonly begunAt: number;
  /** Unix ms: where what goes on has come to */
  readonly now: number;
}

/** One row for the planning and each step, in the plan's order; steps that have not begun have no segments. */
export function waterfallRows({ run, trace, begunAt, now }: WaterfallOptions): readonly WaterfallRow[] {
  const steps = run.planning === null ? run.steps : [{ ...run.planning, title: 'Planning', tool: '' }, ...run.steps];
  return steps.map((step) => {
    const { id, title, tool, status } = step;
    const segments = trace.step(id).spans.map((span) => segmentOf(span, step, begunAt, now));
    const work = segments.filter(({ doing }) => !waits.has(doing));
    const sum = (some: readonly Segment[]): number => some.reduce((ms, { from, to }) => ms + to - from, 0);
    const workedMs = sum(work);
    const name = title === '' ? tool : title;
    return {
      ...{ stepId: id, title: name, tool, status, segments, workedMs },
      waitedMs: sum(segments) - workedMs,
      attempts: work.length,
    };
  });
}

export const waits: ReadonlySet<Doing> = new Set(['queued', 'delay', 'answer']);

function segmentOf(span: Span, step: StepState, begunAt: number, now: number): Segment {
  const from = span.fromAt - begunAt;
  const to = Math.max(from, (span.end?.at ?? now) - begunAt);
  return { doing: doingOf(span, step), attempt: span.attempt, from, to, error: span.end?.error ?? null };
}

function doingOf({ status, end }: Span, step: StepState): Doing {
  if (status === 'ready') return 'queued';
  if (status === 'retrying') return 'delay';
  if (status === 'waiting') return 'answer';
  if (end === null) return isSettled(step) ? 'done' : 'working';
  if (end.error !== null || end.status === 'failed') return 'failed';
  return end.status === 'skipped' ? 'skipped' : 'done';
}

/** Round figures for an axis of so many ms: at most `count` of them, from 0. */
export function ticksUpTo(ms: number, count: number): readonly number[] {
  const step = niceSteps.find((one) => ms / one <= count) ?? ms / count;
  return Array.from({ length: Math.floor(ms / step) + 1 }, (_, nth) => nth * step);
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const niceSteps: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 4, 8, 12, 24, 48, 120, 240].map((hours) => hours * HOUR),
];
