import { isSettled, type RunState, type StepState } from '@stepwire/run-model';

/** What one event did to steps, read off the states before and after it. */

export interface StepChange {
  readonly step: StepState;
  /** it begins to run: the first time, or again after its end */
  readonly opened: boolean;
  /** it came to its end, having run */
  readonly closed: boolean;
}

const begun = (step: StepState | undefined): step is StepState => step !== undefined && step.startedAt !== null;

/** Has begun and not ended: also while it waits for an answer or for its next attempt. */
export const isOpen = (step: StepState | undefined): step is StepState => begun(step) && !isSettled(step);

/** Steps of the plan that are not what they were, in the plan's order. */
export function changedSteps(before: RunState, after: RunState): readonly StepChange[] {
  if (before.steps === after.steps) return [];
  const was = new Map(before.steps.map((step) => [step.id, step]));
  return after.steps.flatMap((step) => {
    const old = was.get(step.id);
    if (old === step) return [];
    const first = begun(step) && !begun(old);
    const opened = !isOpen(old) && (first || isOpen(step));
    const closed = isSettled(step) && (first || isOpen(old));
    return [{ step, opened, closed }];
  });
}

/** The step that the agent of a tool call or a text names. */
export const stepOf = ({ steps }: RunState, id: string | undefined): StepState | undefined =>
  id === undefined ? undefined : steps.find((step) => step.id === id);

/** Agents outside may leave the tool out. */
export const toolOf = ({ tool, id }: StepState): string => (tool === '' ? id : tool);

/** What the planner wrote for it; undefined: nothing. */
export const inputOf = ({ plan }: RunState, { id }: StepState): unknown =>
  plan?.steps.find((planned) => planned.id === id)?.input;

/**
 * A call of the step's own tool is told by the step itself, once it has begun: it begins and ends with it. An agent that
 * also publishes `executor.tool.*` for it says the same twice.
 */
export function isOwnCall(state: RunState, call: { readonly stepId?: string; readonly toolName: string }): boolean {
  const step = stepOf(state, call.stepId);
  return begun(step) && step.tool === call.toolName;
}
