import type { ClientStep } from '@stepwire/client';
import { memo, type ReactNode } from 'react';
import { StatusIcon } from '../ui/status.tsx';
import { faceOfStep } from './face.ts';

export interface StepListProps {
  readonly steps: readonly ClientStep[];
  /** goes to it in the space; null: there is none */
  readonly approach: ((stepId: string) => void) | null;
}

/** What the space shows, as a list: for those who do not see it, or have no WebGL. */
export function StepList({ steps, approach }: StepListProps): ReactNode {
  if (steps.length === 0) return <p className="text-muted">No steps yet.</p>;
  return (
    <ol aria-label="Steps" className="grid grid-cols-[minmax(0,1fr)] gap-0.5">
      {steps.map((step) => (
        <Step key={step.stepId} step={step} approach={approach} />
      ))}
    </ol>
  );
}

interface StepProps {
  readonly step: ClientStep;
  readonly approach: StepListProps['approach'];
}

/** A step that did not change is the same object, and is not rendered again. */
const Step = memo(function Step({ step, approach }: StepProps): ReactNode {
  const { title, status, aside, body } = faceOfStep(step);
  const content = (
    <>
      <StatusIcon status={step.status} className="mt-0.5" />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{title}</span>
        <span className="block truncate text-muted text-xs">
          {status}
          {body === '' ? '' : ` · ${body.slice(-160)}`}
        </span>
      </span>
      <span className="text-muted text-xs">{aside}</span>
    </>
  );
  const looks = 'flex w-full gap-2.5 rounded-md px-2 py-1.5 text-start';
  return (
    <li data-status={step.status} className="[contain-intrinsic-size:auto_3rem] [content-visibility:auto]">
      {approach === null ? (
        <span className={looks}>{content}</span>
      ) : (
        <button
          type="button"
          title="Go there"
          className={`${looks} transition-colors hover:bg-sunken focus-visible:-outline-offset-2`}
          onClick={() => approach(step.stepId)}
        >
          {content}
        </button>
      )}
    </li>
  );
});
