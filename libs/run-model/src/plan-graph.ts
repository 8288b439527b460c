import { PLAN_STEP, type Plan } from '@stepwire/protocol';
import type { StepState } from './state.ts';

/** Steps form a DAG by `dependsOn` (design §5). */

/** What is wrong with a plan; null where it can be run. */
export function planProblem({ steps }: Plan): string | null {
  const orderOf = new Map<string, number>();
  const orders = new Set<number>();
  for (const { id, order } of steps) {
    if (id === PLAN_STEP || id === '__proto__') return `a step may not be called ${id}`;
    if (orderOf.has(id)) return `two steps are called ${id}`;
    if (orders.has(order)) return `two steps have order ${order}`;
    orderOf.set(id, order);
    orders.add(order);
  }
  for (const { id, dependsOn = [] } of steps) {
    const unknown = dependsOn.find((dependency) => !orderOf.has(dependency));
    if (unknown !== undefined) return `step ${id} depends on ${unknown}, which is not in the plan`;
  }
  const stuck = inCycles(steps);
  return stuck === undefined ? null : `step ${stuck} depends on itself, directly or through others`;
}

/** Kahn's algorithm: takes away what depends on nothing that is left; returns one that could not be taken. */
function inCycles(steps: Plan['steps']): string | undefined {
  const missing = new Map(steps.map(({ id, dependsOn = [] }) => [id, new Set(dependsOn).size]));
  const dependents = new Map<string, string[]>(steps.map(({ id }) => [id, []]));
  for (const { id, dependsOn = [] } of steps)
    for (const dependency of new Set(dependsOn)) dependents.get(dependency)?.push(id);
  const free = [...missing].filter(([, count]) => count === 0).map(([id]) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    missing.delete(id);
    for (const dependent of dependents.get(id) ?? []) {
      const count = (missing.get(dependent) ?? 0) - 1;
      missing.set(dependent, count);
      if (count === 0) free.push(dependent);
    }
  }
  return missing.keys().next().value;
}

/** Whether those that depend on it may start: a failed one lets them only if it was optional. */
const isSatisfied = (step: StepState): boolean =>
  step.status === 'completed' || step.status === 'skipped' || (step.status === 'failed' && step.optional);

/** The steps in which those that waited only for `settled` are ready. */
export function readyDependents(steps: readonly StepState[], settled: StepState): readonly StepState[] {
  if (!isSatisfied(settled)) return steps;
  let satisfied: Set<string> | undefined;
  return steps.map((step) => {
    if (step.status !== 'pending' || !step.dependsOn.includes(settled.id)) return step;
    satisfied ??= new Set(steps.filter(isSatisfied).map(({ id }) => id));
    const done = satisfied;
    return step.dependsOn.every((id) => done.has(id)) ? { ...step, status: 'ready' as const } : step;
  });
}

/** The steps that nothing depends on: their results are the request's. */
export function sinksOf(steps: readonly StepState[]): readonly StepState[] {
  const needed = new Set(steps.flatMap((step) => step.dependsOn));
  return steps.filter((step) => !needed.has(step.id));
}
