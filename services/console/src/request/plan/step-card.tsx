import type { ClientStep } from '@stepwire/client';
import clsx from 'clsx';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { Status } from '../../ui/status.tsx';
import { durationText } from '../../ui/time-text.ts';
import { previewOf } from '../json-tree.tsx';
import { visibleText } from '../visible-text.ts';
import { attemptsOf, Elapsed } from './attempts.tsx';
import type { Moment } from './plan.tsx';
import { StepDetails } from './step-details.tsx';

export interface StepCardProps {
  readonly step: ClientStep;
  readonly moment: Moment;
  /** null: nobody has opened or closed it */
  readonly opened: boolean | null;
  readonly toggle: (stepId: string, open: boolean) => void;
  /** it stands in a line with others, until it is opened */
  readonly beside: boolean;
}

/** One step: what it is, how it stands, for how long, and on demand everything it did. */
export function StepCard({ step, moment, opened, toggle, beside }: StepCardProps): ReactNode {
  const { stepId, status, title, tool, percent, data } = step;
  // a step's id may hold what an element's may not
  const detailsId = useId();
  const { trace, seq, live } = moment;
  const { spans, calls, outputs } = trace.step(stepId);
  const attempts = attemptsOf(spans, seq);
  const failures = attempts.filter(({ error }) => error !== null).length;
  const current = attempts.at(-1);
  const name = visibleText(title === '' ? tool : title);
  const active = status === 'running' || status === 'retrying' || status === 'waiting';
  const watchable =
    status === 'running' && (data.output !== '' || outputs.length > 0 || calls.some(({ fromSeq }) => fromSeq <= seq));
  const isOpen = opened ?? watchable;
  const untouched = status === 'pending' || (status === 'ready' && attempts.length === 0);
  return (
    <article
      aria-label={name}
      data-status={status}
      className={clsx(
        'min-w-0 overflow-hidden rounded-lg border bg-panel transition-colors',
        beside && isOpen && 'col-span-full',
        active && activeLooks[status],
        status === 'failed' && 'border-bad/50',
        untouched && 'bg-transparent',
      )}
    >
      <div className={clsx('flex gap-2 px-3 py-2.5', untouched && 'text-muted')}>
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={isOpen ? detailsId : undefined}
          aria-label={`Details of ${name}`}
          onClick={() => toggle(stepId, !isOpen)}
          className="-m-1 flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-ink"
        >
          <ChevronRight aria-hidden="true" className={clsx('size-4 transition-transform', isOpen && 'rotate-90')} />
        </button>
        <div className="min-w-0 flex-1">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <p className="min-w-0 flex-1 basis-32 font-medium [overflow-wrap:anywhere]">{name}</p>
            <Status status={status} of="step" />
          </div>
          <div className="mt-0.5 flex items-center gap-2 text-muted text-xs">
            <span className="min-w-0 truncate font-mono">{visibleText(tool)}</span>
            {failures > 0 && step.attempt > 1 ? (
              <span className="shrink-0 font-medium text-wait">attempt {step.attempt}</span>
            ) : null}
            <span className="ms-auto shrink-0">
              {status === 'running' && percent > 0 ? `${Math.round(percent)} % · ` : ''}
              {data.durationMs !== null ? (
                durationText(data.durationMs)
              ) : current === undefined ? null : current.to === null ? (
                <Elapsed from={current.from} live={live} now={trace.timeAt(seq)} />
              ) : status === 'completed' || status === 'failed' ? (
                durationText(current.to - current.from)
              ) : null}
            </span>
          </div>
          {status === 'running' ? <StepBar name={name} percent={percent} /> : null}
          <Summary step={step} whole={isOpen} />
        </div>
      </div>
      {isOpen ? (
        <div id={detailsId} className="border-t px-3 py-3 sm:ps-10">
          <StepDetails step={step} moment={moment} attempts={attempts} />
        </div>
      ) : null}
    </article>
  );
}

const activeLooks: Readonly<Record<string, string>> = {
  running: 'border-run/60',
  retrying: 'border-wait/60',
  waiting: 'border-wait/60',
};

/** Where nobody knows how far it is, a bar that moves says that it goes on. */
function StepBar({ name, percent }: { readonly name: string; readonly percent: number }): ReactNode {
  const known = percent > 0;
  return (
    <div
      role="progressbar"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(known ? { 'aria-valuenow': Math.round(percent) } : {})}
      className="mt-2 h-1 overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={clsx(
          'h-full origin-left rounded-full bg-run',
          known ? 'transition-transform duration-300' : 'unknown-bar',
        )}
        style={known ? { transform: `scaleX(${Math.min(100, percent) / 100})` } : undefined}
      />
    </div>
  );
}

interface SummaryProps {
  readonly step: ClientStep;
  readonly whole: boolean;
}

/** In a line or two, what came of it or what it is at. */
function Summary({ step: { status, data }, whole }: SummaryProps): ReactNode {
  if (data.error !== null && status !== 'completed') {
    return (
      <p
        className={clsx(
          'mt-1.5 whitespace-pre-wrap [overflow-wrap:anywhere]',
          !whole && 'line-clamp-3',
          status === 'failed' ? 'text-bad' : 'text-wait',
        )}
      >
        {visibleText(data.error.message)}
      </p>
    );
  }
  // what was found says more than what was said on the way
  const found = status === 'completed' && data.result !== null ? previewOf(data.result, 160) : '';
  if (data.message !== null && found === '') {
    return (
      <p className={clsx('mt-1.5 text-muted [overflow-wrap:anywhere]', !whole && 'line-clamp-2')}>
        {visibleText(data.message)}
      </p>
    );
  }
  return found === '' ? null : (
    <p className="mt-1.5 line-clamp-2 text-muted text-xs [overflow-wrap:anywhere]">{found}</p>
  );
}
