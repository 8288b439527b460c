import type { JsonPatch } from '@ag-ui/core';
import type { RunState, StepState } from '@stepwire/run-model';
import patch from 'fast-json-patch';

/**
 * The state of `STATE_SNAPSHOT` and `STATE_DELTA`: a request as a screen needs it. What moves with every event (`seq`,
 * `updatedAt`) and what goes as text messages (`output`) is left out, so that a delta means news. Who runs a step is
 * nobody's business.
 */
const shown = [
  ...(['requestId', 'status', 'progress', 'currentStage', 'userQuery', 'plan', 'questions', 'artifacts'] as const),
  ...(['stalled', 'cancel', 'result', 'resultRef', 'error', 'usage', 'createdAt', 'finishedAt'] as const),
];

const stepShown = ({ id, order, ...step }: StepState): object => ({
  ...{ step: order, stepId: id, status: step.status, tool: step.tool, title: step.title, phaseId: step.phaseId },
  ...{ percent: step.percent, attempt: step.attempt, message: step.message, error: step.error },
  ...{ result: step.result, resultRef: step.resultRef, durationMs: step.durationMs },
});

export const snapshotOf = (state: RunState): object => ({
  ...Object.fromEntries(shown.map((member) => [member, state[member]])),
  steps: state.steps.map(stepShown),
});

/** JSON Patch (RFC 6902) from one to the other; only what `evolve` has copied is looked at. */
export function deltaOf(before: RunState, after: RunState): JsonPatch {
  const [was, is] = [new Map<string, unknown>(), new Map<string, unknown>()];
  for (const member of shown) {
    if (before[member] === after[member]) continue;
    was.set(member, before[member]);
    is.set(member, after[member]);
  }
  if (before.steps !== after.steps) {
    const [wasSteps, isSteps] = changed(before.steps, after.steps);
    was.set('steps', wasSteps);
    is.set('steps', isSteps);
  }
  const operations = patch.compare(Object.fromEntries(was), Object.fromEntries(is));
  // `_get` is the library's own; it compares without it
  return operations.filter((operation) => operation.op !== '_get');
}

/** Where their number is the same, objects of those that changed by index: a JSON Pointer reads like that of the array. */
function changed(before: readonly StepState[], after: readonly StepState[]): [object, object] {
  if (before.length !== after.length) return [before.map(stepShown), after.map(stepShown)];
  const those = (steps: readonly StepState[]): object =>
    Object.fromEntries(
      steps.flatMap((step, index) => (before[index] === after[index] ? [] : [[index, stepShown(step)] as const])),
    );
  return [those(before), those(after)];
}
