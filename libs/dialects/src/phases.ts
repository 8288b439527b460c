import { isFinished, isSettled, type RunState, type StepState } from '@stepwire/run-model';

/**
 * Phases as their steps tell them: one starts with its first step that runs and completes with its last that ends.
 * What agents say of a phase that has steps is left out, so nothing is said twice; a phase without steps is its agent's.
 */
export interface PhaseState {
  readonly id: string;
  readonly name: string;
  /** from 0 */
  readonly index: number;
  readonly status: 'pending' | 'running' | 'completed' | 'failed';
}

export const hasSteps = ({ steps }: RunState, phaseId: string): boolean =>
  steps.some((step) => step.phaseId === phaseId);

/** In the plan's order; those that only steps name come last. */
export function phasesOf({ plan, steps, managed }: RunState): readonly PhaseState[] {
  const stepsIn = new Map<string, StepState[]>((plan?.phases ?? []).map(({ id }) => [id, []]));
  for (const step of steps) {
    if (step.phaseId === null) continue;
    const known = stepsIn.get(step.phaseId);
    if (known === undefined) stepsIn.set(step.phaseId, [step]);
    else known.push(step);
  }
  const names = new Map(plan?.phases?.map(({ id, name }) => [id, name]));
  return [...stepsIn].map(([id, own], index) => ({
    id,
    name: names.get(id) ?? id,
    index,
    status: statusOf(own, managed),
  }));
}

function statusOf(steps: readonly StepState[], managed: boolean): PhaseState['status'] {
  if (!steps.some((step) => step.startedAt !== null)) return 'pending';
  // That of an observed request may be of no consequence: its agent alone knows.
  if (managed && steps.some((step) => step.status === 'failed' && !step.optional)) return 'failed';
  return steps.every(isSettled) ? 'completed' : 'running';
}

export interface PhaseChange {
  readonly phase: PhaseState;
  readonly started: boolean;
  readonly completed: boolean;
}

/** Where a request stops before its end, its steps stop too, and no phase is complete for that. */
export function changedPhases(before: RunState, after: RunState): readonly PhaseChange[] {
  if (before.steps === after.steps) return [];
  const stopped = after.status === 'cancelling' || (isFinished(after.status) && after.status !== 'completed');
  const was = new Map(phasesOf(before).map(({ id, status }) => [id, status]));
  return phasesOf(after).flatMap((phase) => {
    const old = was.get(phase.id) ?? 'pending';
    const completed = !stopped && phase.status === 'completed' && old !== 'completed';
    const started = phase.status !== 'pending' && old === 'pending';
    return started || completed ? [{ phase, started, completed }] : [];
  });
}
