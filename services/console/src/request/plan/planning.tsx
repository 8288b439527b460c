import { isSettled, type StepState } from '@stepwire/run-model';
import type { ReactNode } from 'react';
import { StatusIcon } from '../../ui/status.tsx';
import { durationText } from '../../ui/time-text.ts';
import { visibleText } from '../visible-text.ts';
import { attemptsOf, Elapsed } from './attempts.tsx';
import type { Moment } from './plan.tsx';

/** How the plan is made, or was: one line. */
export function Planning({ moment, planning }: { readonly moment: Moment; readonly planning: StepState }): ReactNode {
  const { trace, seq, live } = moment;
  const attempts = attemptsOf(trace.step(planning.id).spans, seq);
  const running = attempts.at(-1);
  const failures = attempts.filter(({ error }) => error !== null);
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-muted">
      <StatusIcon status={planning.status === 'ready' ? 'queued' : planning.status} />
      <span>{words[planning.status] ?? 'Planning'}</span>
      {running === undefined ? null : running.to === null ? (
        <Elapsed from={running.from} live={live} now={trace.timeAt(seq)} />
      ) : isSettled(planning) ? (
        <span>in {durationText(running.to - running.from)}</span>
      ) : null}
      {failures.length === 0 ? null : (
        <span className="text-wait">
          {failures.length === 1 ? 'one attempt' : `${failures.length} attempts`} failed:{' '}
          {visibleText(failures.at(-1)?.error ?? '')}
        </span>
      )}
    </div>
  );
}

const words: Readonly<Partial<Record<StepState['status'], string>>> = {
  ready: 'Waiting for a planner',
  running: 'Making a plan',
  retrying: 'The planning will be tried again',
  completed: 'Planned',
  failed: 'The planning failed',
  skipped: 'No plan was made',
};
