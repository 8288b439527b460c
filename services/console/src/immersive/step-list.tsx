import type { ClientStep } from '@stepwire/client';
import { memo, type ReactNode } from 'react';

/** What the space shows, as a list: for those who do not see it, or have no WebGL. */
export function StepList({ steps }: { readonly steps: readonly ClientStep[] }): ReactNode {
  return (
    <ol aria-label="Steps">
      {steps.map((step) => (
        <Step key={step.stepId} step={step} />
      ))}
    </ol>
  );
}

/** A step that did not change is the same object, and is not rendered again. */
const Step = memo(function Step({ step }: { readonly step: ClientStep }): ReactNode {
  return (
    <li data-status={step.status}>
      {step.title === '' ? step.tool : step.title} {step.status}
    </li>
  );
});
