import { type EventData, type LogEvent, limits, PLAN_STEP } from '@stepwire/protocol';
import { derive } from './derive.ts';
import { readyDependents } from './plan-graph.ts';
import { type Draft, isSettled, LIST_CAP, type StepState } from './state.ts';
import { failureOf, indexOfNamed, indexOfStep, LEASE_LOST, newStep, nextAttempt, stepNamedBy, sumOf } from './step.ts';

type Report = EventData['executor.step.progress'];

export function stepProgress(next: Draft, data: Report, event: LogEvent): void {
  const changed = next.managed ? managedReport(next, data, event) : observedReport(next, data, event);
  if (!changed) return;
  if (data.usage !== undefined) next.usage = sumOf(next.usage, data.usage);
  derive(next);
}

function managedReport(next: Draft, data: Report, event: LogEvent): boolean {
  if (data.stepId === PLAN_STEP) {
    const { planning } = next;
    if (planning === null || !counts(planning, data)) return false;
    next.planning = advanced(planning, data, event);
    return true;
  }
  const index = indexOfNamed(next.steps, stepNamedBy(data));
  const step = next.steps[index];
  if (step === undefined || !counts(step, data)) return false;
  const after = advanced(step, data, event);
  const steps = next.steps.with(index, after);
  // While a cancel is under way nothing new starts.
  next.steps = isSettled(after) && next.status !== 'cancelling' ? readyDependents(steps, after) : steps;
  return true;
}

/** Only the attempt that counts now changes anything, and only until it has ended. */
const counts = (step: StepState, data: Report): boolean => data.attempt === step.attempt && !isSettled(step);

function observedReport(next: Draft, data: Report, event: LogEvent): boolean {
  const named = stepNamedBy(data);
  const index = indexOfNamed(next.steps, named);
  const known = next.steps[index];
  if (known !== undefined) {
    if (data.attempt !== undefined && data.attempt < known.attempt) return false;
    const attempt = data.attempt ?? known.attempt;
    const step = attempt > known.attempt ? { ...nextAttempt(known, 'running', null), attempt } : known;
    next.steps = next.steps.with(index, advanced(step, data, event));
    return true;
  }
  if ((named.id === undefined && named.order === undefined) || next.steps.length >= LIST_CAP) return false;
  const last = next.steps.at(-1)?.order ?? 0;
  const free = named.order !== undefined && next.steps.every(({ order }) => order !== named.order);
  const order = free ? named.order : last + 1;
  const id = named.id ?? `${order}`;
  const step = {
    ...newStep({ id, order, title: id, tool: data.tool ?? '', status: 'running' }),
    attempt: data.attempt ?? 1,
  };
  const steps = [...next.steps, advanced(step, data, event)];
  next.steps = order > last ? steps : steps.sort((a, b) => a.order - b.order);
  return true;
}

function advanced(step: StepState, data: Report, event: LogEvent): StepState {
  switch (data.status) {
    case 'running':
      return {
        ...step,
        status: 'running',
        instance: data.instance ?? step.instance,
        percent: data.percent ?? (step.status === 'running' ? step.percent : 0),
        message: data.message ?? step.message,
        error: null,
        startedAt: step.startedAt ?? event.timestamp,
        finishedAt: null,
      };
    case 'completed':
      return {
        ...ended(step, data, event),
        status: 'completed',
        percent: 100,
        result: data.result ?? null,
        resultRef: data.resultRef ?? null,
        error: null,
      };
    case 'skipped':
      return { ...ended(step, data, event), status: 'skipped' };
    case 'failed':
      return failed(step, data, event);
  }
}

function failed(step: StepState, data: Report, event: LogEvent): StepState {
  const error = failureOf(data.error, data.message ?? 'failed');
  const leaseLost = error.code === LEASE_LOST;
  const counted = {
    ...step,
    failures: step.failures + (leaseLost ? 0 : 1),
    leaseLosses: step.leaseLosses + (leaseLost ? 1 : 0),
  };
  if (data.willRetry !== true) return { ...ended(counted, data, event), status: 'failed', error };
  // A first lost lease goes to another executor at once; a failure, and a step that may take its executors with it, wait.
  return nextAttempt(counted, leaseLost && counted.leaseLosses === 1 ? 'ready' : 'retrying', error);
}

const ended = (step: StepState, data: Report, event: LogEvent): StepState => ({
  ...step,
  instance: null,
  message: data.message ?? step.message,
  startedAt: step.startedAt ?? event.timestamp,
  finishedAt: event.timestamp,
  durationMs: data.durationMs ?? null,
});

export function stepOutput(next: Draft, data: EventData['executor.step.output']): void {
  const index = indexOfStep(next.steps, data.stepId);
  const step = next.steps[index];
  if (step === undefined) return;
  const current = next.managed ? data.attempt === step.attempt : (data.attempt ?? step.attempt) >= step.attempt;
  if (current) next.steps = next.steps.with(index, { ...step, output: tailOf(step.output + data.delta) });
}

/** Cut so that no surrogate pair is torn apart. */
function tailOf(text: string): string {
  if (text.length <= limits.outputTailChars) return text;
  const first = text.charCodeAt(text.length - limits.outputTailChars);
  const torn = first >= 0xdc00 && first <= 0xdfff;
  return text.slice(text.length - limits.outputTailChars + (torn ? 1 : 0));
}
