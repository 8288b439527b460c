import { type EventData, type ParsedEvent, PLAN_STEP } from '@stepwire/protocol';
import { fail, sayCancelled, stepSettled } from './conclude.ts';
import type { Decision, Policy, Rejection } from './decision.ts';
import { attemptsOf } from './follow-up.ts';
import { asJson } from './json-object.ts';
import { planProblem } from './plan-graph.ts';
import { refused } from './rejection.ts';
import { resume } from './stall.ts';
import type { RunState, StepState } from './state.ts';
import { failureOf, indexOfNamed, LEASE_LOST, stepNamedBy } from './step.ts';
import type { Unfolding } from './unfolding.ts';

type Report = EventData['executor.step.progress'];

/** What an agent says about a step of a managed request. `data` is the event's, or what it amounts to. */
export function decideReport(unfolding: Unfolding, event: ParsedEvent, data: Report): Decision | Rejection {
  const { state, policy } = unfolding;
  const step = stepOf(state, data);
  if (step === undefined || step === null) return refused('unknown_step');
  if (step.attempt !== data.attempt) return refused('stale_attempt');
  if (step.status !== 'running') return refused('not_running');
  if (data.instance !== undefined && data.instance !== step.instance) return refused('claimed_by_other');
  if (data.status === 'running' && state.status === 'cancelling') return refused('cancelling');
  // A plan comes as `planner.plan.created`.
  if (data.status === 'completed' && step.id === PLAN_STEP) return refused('unknown_step');
  resume(unfolding, event.timestamp);
  unfolding.append(asLogged(event, data, step, state.status === 'cancelling', policy));
  if (data.status !== 'running') stepSettled(unfolding, step.id);
  return unfolding.decision();
}

const stepOf = ({ planning, steps }: RunState, data: Report): StepState | null | undefined => {
  const named = stepNamedBy(data);
  return named.id === PLAN_STEP ? planning : steps[indexOfNamed(steps, named)];
};

/** With everything a watcher needs to place it, and with what the coordinator alone knows: whether another attempt follows. */
function asLogged(event: ParsedEvent, data: Report, step: StepState, cancelling: boolean, policy: Policy): ParsedEvent {
  const named = step.id === PLAN_STEP ? { stepId: step.id, step: step.id } : { stepId: step.id, stepOrder: step.order };
  const { willRetry: _, ...said } = data;
  const full = { ...said, ...named, tool: data.tool ?? step.tool };
  if (data.status === 'failed' || (data.status === 'skipped' && step.id === PLAN_STEP && !cancelling)) {
    const { code, message } = failureOf(data.error, data.message ?? 'failed');
    const error = { ...(code === undefined || code === LEASE_LOST ? {} : { code }), message };
    // Without a plan there is nothing to go on with.
    const retryable = data.status === 'failed' && data.retryable !== false && !cancelling;
    const willRetry = retryable && step.failures + 1 < attemptsOf(step, policy);
    return { ...event, type: 'executor.step.progress', data: asJson({ ...full, status: 'failed', error, willRetry }) };
  }
  const whole = data.stepId === step.id && data.tool !== undefined && data.willRetry === undefined;
  return whole && data.stepOrder === step.order ? event : { ...event, data: asJson(full) };
}

/** The planner's `agent.failed` as the report of its attempt. */
export function planFailure({ message, code, attempt, retryable }: EventData['agent.failed']): Report {
  return {
    stepId: PLAN_STEP,
    status: 'failed',
    error: { message, ...(code === undefined ? {} : { code }) },
    ...(attempt === undefined ? {} : { attempt }),
    ...(retryable === undefined ? {} : { retryable }),
  };
}

export function decidePlan(
  unfolding: Unfolding,
  event: ParsedEvent,
  { plan, attempt }: EventData['planner.plan.created'],
): Decision | Rejection {
  const { plan: known, planning, status } = unfolding.state;
  if (known !== null) return refused('plan_exists');
  if (planning === null || planning.attempt !== attempt) return refused('stale_attempt');
  if (planning.status !== 'running') return refused('not_running');
  if (status === 'cancelling') {
    // The plan is of no use any more; that it came says that the planner has stopped.
    sayCancelled(unfolding);
    return unfolding.decision();
  }
  resume(unfolding, event.timestamp);
  const problem = planProblem(plan);
  if (problem === null) unfolding.append(event);
  else fail(unfolding, planning, { code: 'bad_plan', message: problem });
  return unfolding.decision();
}
