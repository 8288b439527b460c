import type { ReactNode } from 'react';
import { durationText } from '../../ui/time-text.ts';
import { useNow } from '../../ui/use-now.ts';
import type { Span } from '../log/trace.ts';

/** One run of a step. */
export interface Attempt {
  readonly attempt: number;
  /** Unix ms */
  readonly from: number;
  /** null: it runs */
  readonly to: number | null;
  /** why it failed, also where it was tried again */
  readonly error: string | null;
  /** it parked for an answer */
  readonly asked: boolean;
}

/** Those that had begun at `seq`, as they stood then. */
export const attemptsOf = (spans: readonly Span[], seq: number): readonly Attempt[] =>
  spans
    .filter(({ status, fromSeq }) => status === 'running' && fromSeq <= seq)
    .map(({ attempt, fromAt, end }) => {
      const over = end !== null && end.seq <= seq ? end : null;
      return {
        attempt,
        from: fromAt,
        to: over?.at ?? null,
        error: over?.error ?? null,
        asked: over?.status === 'waiting',
      };
    });

export interface ElapsedProps {
  /** Unix ms */
  readonly from: number;
  /** false: time stands still at `now` */
  readonly live: boolean;
  readonly now: number;
}

/** For how long it has been going on: in whole seconds, or it would only flicker. */
export function Elapsed({ from, live, now }: ElapsedProps): ReactNode {
  const clock = useNow(live ? 1_000 : null);
  if (!live) return <span>{durationText(Math.max(0, now - from))}</span>;
  const ms = Math.max(0, clock - from);
  return <span>{ms < 1_000 ? '0 s' : durationText(Math.floor(ms / 1_000) * 1_000).replace('.0 s', ' s')}</span>;
}
