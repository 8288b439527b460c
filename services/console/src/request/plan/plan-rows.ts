import type { ClientStep, RequestSnapshot } from '@stepwire/client';
import { layoutOf } from '@stepwire/react';

/** One line of the plan, as high as what stands in it. `steps`: where they stand in the request's. */
export type PlanRow =
  | { readonly kind: 'phase'; readonly key: string; readonly name: string; readonly steps: readonly number[] }
  | {
      readonly kind: 'steps';
      readonly key: string;
      readonly steps: readonly number[];
      /** how many may run at once, these among them; 1: none beside it */
      readonly sideBySide: number;
      /** it has the first of them */
      readonly begins: boolean;
    };

/**
 * The plan in lines: its phases, and in each the steps in the order in which they can begin, those that may run at once in one
 * line, or in several where there are more than `columns`.
 */
export function planRows(
  plan: RequestSnapshot['plan'],
  steps: readonly ClientStep[],
  columns: number,
): readonly PlanRow[] {
  const places = new Map(steps.map((step, at) => [step, at]));
  const placesOf = (some: readonly ClientStep[]): number[] => some.map((step) => places.get(step) ?? 0);
  return layoutOf(plan, steps).flatMap(({ id, name, rows }) => {
    const lines = rows.flatMap((row) => linesOf(placesOf(row), columns, (at) => steps[at]?.stepId ?? ''));
    const phase = { kind: 'phase', key: `phase ${id}`, name: name ?? '', steps: placesOf(rows.flat()) } as const;
    return name === null ? lines : [phase, ...lines];
  });
}

function linesOf(row: readonly number[], columns: number, idAt: (at: number) => string): PlanRow[] {
  const lines: PlanRow[] = [];
  for (let from = 0; from < row.length; from += columns) {
    const steps = row.slice(from, from + columns);
    const key = `step ${idAt(row[from] ?? 0)}`;
    lines.push({ kind: 'steps', key, steps, sideBySide: row.length, begins: from === 0 });
  }
  return lines;
}
