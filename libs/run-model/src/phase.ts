import { agents } from '@stepwire/protocol';
import { isSettled, type RunState, type StepState } from './state.ts';
import type { Unfolding } from './unfolding.ts';

/** Phases begin with the first step of theirs that runs and end with the last that ends. */

const stepsOf = (state: RunState, phaseId: string): StepState[] =>
  state.steps.filter((step) => step.phaseId === phaseId);

export function sayPhaseStarted(unfolding: Unfolding, { phaseId }: StepState): void {
  if (phaseId === null || stepsOf(unfolding.state, phaseId).some((step) => step.startedAt !== null)) return;
  unfolding.say('agent.phase.started', agents.executor, dataOf(unfolding.state, phaseId), {
    name: [phaseId, 'phase-started'],
  });
}

export function sayPhaseCompleted(unfolding: Unfolding, { phaseId }: StepState): void {
  if (phaseId === null || !stepsOf(unfolding.state, phaseId).every(isSettled)) return;
  unfolding.say('agent.phase.completed', agents.executor, dataOf(unfolding.state, phaseId), {
    name: [phaseId, 'phase-completed'],
  });
}

function dataOf({ plan }: RunState, phaseId: string) {
  const phases = plan?.phases ?? [];
  const phaseIndex = phases.findIndex(({ id }) => id === phaseId);
  const name = phases[phaseIndex]?.name ?? phaseId;
  return { phaseId, phaseName: name, ...(phaseIndex < 0 ? {} : { phaseIndex }) };
}
