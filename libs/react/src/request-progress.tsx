import type { RequestSnapshot } from '@stepwire/client';
import type { ReactNode } from 'react';
import { Bar } from './bar.tsx';
import { useRequest } from './hooks.ts';
import { requestWords } from './words.ts';

export interface RequestProgressProps {
  readonly requestId: string | null;
  /** default: the request's question */
  readonly label?: string;
}

/** How far a request is: its bar, status and stage. Only a change of status is announced. */
export function RequestProgress({ requestId, label }: RequestProgressProps): ReactNode {
  const { status, progress, stage, title, stalled, failure } = useRequest(requestId, shown);
  const words = requestWords[status];
  return (
    <section className="stepwire-progress" data-status={status} data-stalled={stalled} aria-label={label ?? title}>
      <Bar label={label ?? title} percent={progress} valueText={`${Math.round(progress)} %, ${words}`} />
      <p className="stepwire-progress-text">
        <span role="status" className="stepwire-status">
          {words}
          {stalled ? ', but nothing has been heard for a while' : ''}
        </span>
        <span className="stepwire-stage">{stage}</span>
        <span className="stepwire-percent" aria-hidden="true">
          {Math.round(progress)} %
        </span>
      </p>
      {failure === null ? null : (
        <p role="alert" className="stepwire-error">
          {failure}
        </p>
      )}
    </section>
  );
}

const shown = ({ status, progress, currentStage, userQuery, stalled, error, refusal }: RequestSnapshot) => ({
  status,
  progress,
  // where the status says it already, it is not said twice
  stage: currentStage === status || status === 'loading' || status === 'unknown' ? '' : currentStage,
  title: userQuery ?? 'Request',
  stalled,
  failure: refusal?.message ?? error?.message ?? null,
});
