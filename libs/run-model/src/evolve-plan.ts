import type { EventData, LogEvent, Plan, PlanStep } from '@stepwire/protocol';
import { derive } from './derive.ts';
import type { Draft, StepState } from './state.ts';
import { newStep } from './step.ts';

export function planCreated(next: Draft, { plan }: EventData['planner.plan.created'], event: LogEvent): void {
  if (!next.managed) {
    next.steps = known(next.steps, plan);
  } else {
    // the first plan wins
    if (next.plan !== null) return;
    next.steps = plan.steps
      .map((step) => stepOf(step, (step.dependsOn ?? []).length === 0 ? 'ready' : 'pending'))
      .sort(byOrder);
  }
  next.plan = plan;
  if (next.planning !== null) {
    next.planning = {
      ...next.planning,
      status: 'completed',
      percent: 100,
      instance: null,
      finishedAt: event.timestamp,
    };
  }
  derive(next);
}

const stepOf = (step: PlanStep, status: StepState['status']): StepState =>
  newStep({ id: step.id, order: step.order, title: step.title, tool: step.action, status }, step);

const byOrder = (a: StepState, b: StepState): number => a.order - b.order;

/** An observed agent may tell its plan when steps of it were heard of already: those keep what happened to them. */
function known(steps: readonly StepState[], plan: Plan): readonly StepState[] {
  const left = new Set(steps);
  const planned = plan.steps.map((planStep) => {
    const step = stepOf(planStep, 'pending');
    const heard =
      steps.find(({ id }) => id === step.id) ??
      steps.find(({ id, order }) => order === step.order && id === `${order}`);
    if (heard === undefined) return step;
    left.delete(heard);
    const { id, order, title, tool, phaseId, dependsOn, optional, maxAttempts } = step;
    return { ...heard, id, order, title, tool, phaseId, dependsOn, optional, maxAttempts };
  });
  return [...planned, ...left].sort(byOrder);
}
