import type { ClientStep, RequestSnapshot } from '@stepwire/client';
import { memo, type ReactNode, useMemo } from 'react';
import { AgentText } from './agent-text.tsx';
import { Bar } from './bar.tsx';
import { useRequest } from './hooks.ts';
import { layoutOf, type PhaseLayout } from './plan-layout.ts';
import { stepWords } from './words.ts';

export interface PlanViewProps {
  readonly requestId: string | null;
  /** shows the text that a step writes, as Markdown; default true */
  readonly output?: boolean;
}

/** The plan: its phases, and in each the steps; those that may run at once stand side by side. */
export function PlanView({ requestId, output = true }: PlanViewProps): ReactNode {
  const { plan, steps } = useRequest(requestId, planOf);
  const phases = useMemo(() => layoutOf(plan, steps), [plan, steps]);
  if (phases.length === 0) return null;
  return (
    <section className="stepwire-plan" aria-label={plan?.goal ?? 'Steps'}>
      {phases.map((phase) => (
        <Phase key={phase.id ?? ''} phase={phase} output={output} />
      ))}
    </section>
  );
}

const planOf = ({ plan, steps }: RequestSnapshot) => ({ plan, steps });

function Phase({ phase, output }: { readonly phase: PhaseLayout; readonly output: boolean }): ReactNode {
  return (
    <section className="stepwire-phase">
      {phase.name === null ? null : <h3>{phase.name}</h3>}
      <ol className="stepwire-rows">
        {phase.rows.map((row) => (
          <li key={row[0]?.stepId} className="stepwire-row" data-parallel={row.length > 1}>
            {row.length > 1 ? (
              <ul className="stepwire-side-by-side" aria-label="Side by side">
                {row.map((step) => (
                  <li key={step.stepId}>
                    <Step step={step} output={output} />
                  </li>
                ))}
              </ul>
            ) : (
              row.map((step) => <Step key={step.stepId} step={step} output={output} />)
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** A step that did not change is the same object, and is not rendered again. */
const Step = memo(function Step({ step, output }: { readonly step: ClientStep; readonly output: boolean }): ReactNode {
  const { status, title, tool, percent, attempt, data } = step;
  return (
    <article className="stepwire-step" data-status={status}>
      <header>
        <span className="stepwire-step-title">{title === '' ? tool : title}</span>{' '}
        <span className="stepwire-step-status">
          {stepWords[status]}
          {attempt > 1 ? `, attempt ${attempt}` : ''}
        </span>
      </header>
      {status === 'running' ? <Bar label={title} percent={percent === 0 ? null : percent} /> : null}
      {data.message === null ? null : <p className="stepwire-message">{data.message}</p>}
      {data.error === null ? null : <p className="stepwire-error">{data.error.message}</p>}
      {output && data.output !== '' ? <AgentText>{data.output}</AgentText> : null}
    </article>
  );
});
