import type { ClientStep, RequestSnapshot } from '@stepwire/client';
import type { ReactNode } from 'react';
import { Bar } from './bar.tsx';
import { useRequest } from './hooks.ts';
import { stepWords } from './words.ts';

export interface AgentActivityProps {
  readonly requestId: string | null;
  /** while nothing runs; default: nothing */
  readonly idle?: ReactNode;
}

/** Everything that is under way in a request, each with its bar. */
export function AgentActivity({ requestId, idle = null }: AgentActivityProps): ReactNode {
  const active = useRequest(requestId, activity);
  if (active.length === 0) return idle;
  return (
    <ul className="stepwire-activity" aria-label="Under way">
      {active.map((step) =>
        step === 'planning' ? (
          <li key="" data-status="running">
            <span className="stepwire-step-title">Planning</span>
            <Bar label="Planning" percent={null} />
          </li>
        ) : (
          <Active key={step.stepId} step={step} />
        ),
      )}
    </ul>
  );
}

function Active({ step: { title, tool, status, percent, data } }: { readonly step: ClientStep }): ReactNode {
  const name = title === '' ? tool : title;
  return (
    <li data-status={status}>
      <span className="stepwire-step-title">{name}</span>{' '}
      <span className="stepwire-step-status">{data.message ?? stepWords[status]}</span>
      <Bar label={name} percent={percent === 0 ? null : percent} />
    </li>
  );
}

const activity = ({ status, steps }: RequestSnapshot): readonly (ClientStep | 'planning')[] => {
  const active = steps.filter((step) => step.status === 'running' || step.status === 'retrying');
  return status === 'planning' ? ['planning', ...active] : active;
};
