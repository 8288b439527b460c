import type { EventData, Failure, PlanStep, Usage } from '@stepwire/protocol';
import type { StepState } from './state.ts';

/** Code of the error in a report that the coordinator makes when an executor was not heard of. Agents may not use it. */
export const LEASE_LOST = 'lease_lost';

type Named = Pick<StepState, 'id' | 'order' | 'title' | 'tool' | 'status'>;

export const newStep = (named: Named, planned?: PlanStep): StepState => ({
  id: named.id,
  order: named.order,
  title: named.title,
  tool: named.tool,
  phaseId: planned?.phaseId ?? null,
  dependsOn: planned?.dependsOn ?? [],
  optional: planned?.optional ?? false,
  maxAttempts: planned?.maxAttempts ?? null,
  status: named.status,
  attempt: 1,
  failures: 0,
  leaseLosses: 0,
  instance: null,
  percent: 0,
  message: null,
  result: null,
  resultRef: null,
  error: null,
  output: '',
  startedAt: null,
  finishedAt: null,
  durationMs: null,
});

/** The next attempt starts afresh. */
export const nextAttempt = (step: StepState, status: StepState['status'], error: Failure | null): StepState => ({
  ...step,
  status,
  attempt: step.attempt + 1,
  instance: null,
  percent: 0,
  message: null,
  error,
  output: '',
});

/** Index of a step by id; its place in the plan is tried first, which saves the search in managed requests. */
export function indexOfStep(steps: readonly StepState[], id: string, order?: number): number {
  if (order !== undefined && steps[order - 1]?.id === id) return order - 1;
  return steps.findIndex((step) => step.id === id);
}

/** How a report names its step: by id, by place, or by `step`, which is either. */
export function stepNamedBy(data: Pick<EventData['executor.step.progress'], 'stepId' | 'stepOrder' | 'step'>): {
  readonly id: string | undefined;
  readonly order: number | undefined;
} {
  return {
    id: data.stepId ?? (typeof data.step === 'string' ? data.step : undefined),
    order: data.stepOrder ?? (typeof data.step === 'number' ? data.step : undefined),
  };
}

export function indexOfNamed(steps: readonly StepState[], { id, order }: ReturnType<typeof stepNamedBy>): number {
  if (id !== undefined) return indexOfStep(steps, id, order);
  if (order === undefined) return -1;
  return steps[order - 1]?.order === order ? order - 1 : steps.findIndex((step) => step.order === order);
}

export function failureOf(error: Failure | string | undefined, otherwise: string): Failure {
  if (error === undefined) return { message: otherwise };
  return typeof error === 'string' ? { message: error } : error;
}

export const sumOf = (a: Usage | null, b: Usage): Usage => ({
  inputTokens: (a?.inputTokens ?? 0) + b.inputTokens,
  outputTokens: (a?.outputTokens ?? 0) + b.outputTokens,
});
