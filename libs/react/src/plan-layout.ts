import type { ClientStep, RequestSnapshot } from '@stepwire/client';

type Plan = NonNullable<RequestSnapshot['plan']>;

export interface PhaseLayout {
  /** null: steps that belong to none */
  readonly id: string | null;
  readonly name: string | null;
  /** one after the other; the steps of one row may run side by side */
  readonly rows: readonly (readonly ClientStep[])[];
}

/** Phases in the plan's order, and in each the steps in rows by how many others they wait for, one behind the other. */
export function layoutOf(plan: Plan | null, steps: readonly ClientStep[]): readonly PhaseLayout[] {
  const planned = new Map(plan?.steps.map((step) => [step.id, step]));
  const depths = depthsOf(plan);
  const phases = new Map<string | null, Map<number, ClientStep[]>>();
  for (const { id } of plan?.phases ?? []) phases.set(id, new Map());
  for (const step of steps) {
    const phaseId = planned.get(step.stepId)?.phaseId ?? null;
    const rows = phases.get(phaseId) ?? new Map<number, ClientStep[]>();
    phases.set(phaseId, rows);
    // what nobody planned comes one after the other, in the order it was heard of
    const depth = depths.get(step.stepId) ?? planned.size + step.step;
    rows.set(depth, [...(rows.get(depth) ?? []), step]);
  }
  const names = new Map(plan?.phases?.map(({ id, name }) => [id, name]));
  return [...phases]
    .filter(([, rows]) => rows.size > 0)
    .map(([id, rows]) => ({
      id,
      name: id === null ? null : (names.get(id) ?? id),
      rows: [...rows].sort(([a], [b]) => a - b).map(([, row]) => row),
    }));
}

/** The longest way to each step from one that depends on nothing. */
function depthsOf(plan: Plan | null): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const steps = plan?.steps ?? [];
  // a plan is a DAG (the coordinator refuses any other), so this many rounds are enough
  for (let round = 0, changed = true; changed && round <= steps.length; round += 1) {
    changed = false;
    for (const { id, dependsOn = [] } of steps) {
      const depth = Math.max(0, ...dependsOn.map((other) => (depths.get(other) ?? 0) + 1));
      if (depths.get(id) === depth) continue;
      depths.set(id, depth);
      changed = true;
    }
  }
  return depths;
}
