import { agents, type EventData, type Failure, PLAN_STEP } from '@stepwire/protocol';
import { sayPhaseCompleted } from './phase.ts';
import { sinksOf } from './plan-graph.ts';
import { isSettled, type RunState, type StepState } from './state.ts';
import { indexOfStep } from './step.ts';
import type { Unfolding } from './unfolding.ts';

/** After a step of a managed request stopped for whatever reason: the end of its phase, of the request, or neither. */
export function stepSettled(unfolding: Unfolding, stepId: string): void {
  const { steps, status } = unfolding.state;
  const step = steps[indexOfStep(steps, stepId)];
  if (step !== undefined && !isFatal(step) && status !== 'cancelling') sayPhaseCompleted(unfolding, step);
  conclude(unfolding);
}

const isFatal = (step: StepState): boolean => step.status === 'failed' && !step.optional;

/** Ends a managed request whose steps leave nothing else to do. Called after whatever changed one. */
export function conclude(unfolding: Unfolding): void {
  const { managed, status, planning, steps } = unfolding.state;
  if (!managed) return;
  if (status === 'cancelling') {
    if (planning?.status !== 'running' && !steps.some((step) => step.status === 'running')) sayCancelled(unfolding);
    return;
  }
  const fatal = planning?.status === 'failed' ? planning : steps.find(isFatal);
  if (fatal !== undefined) fail(unfolding, fatal, fatal.error ?? { message: 'failed' });
  else if (steps.length > 0 && steps.every(isSettled)) complete(unfolding);
}

/** @param forced the grace ran out before everybody had said that it stopped */
export function sayCancelled(unfolding: Unfolding, forced = false): void {
  const { cancel } = unfolding.state;
  const data = {
    ...(cancel === null ? {} : { by: cancel.by }),
    ...(cancel === null || cancel.reason === null ? {} : { reason: cancel.reason }),
    ...(forced ? { forced } : {}),
  };
  unfolding.say('request.cancelled', agents.coordinator, data, { name: ['request', 'cancelled'] });
}

/** The siblings of what failed are stopped as by a cancel. */
export function fail(
  unfolding: Unfolding,
  { id, order }: Pick<StepState, 'id' | 'order'>,
  { message, code }: Failure,
): void {
  const { requestId, steps } = unfolding.state;
  if (steps.some(({ status }) => status === 'running' || status === 'ready' || status === 'retrying')) {
    unfolding.command({ type: 'request.cancel', body: { requestId, by: agents.coordinator, reason: message } });
  }
  const planning = id === PLAN_STEP;
  const data = { message, ...(code === undefined ? {} : { code }), step: planning ? PLAN_STEP : order };
  unfolding.say('agent.failed', planning ? agents.planner : agents.executor, data, { name: ['agent', 'failed'] });
  unfolding.say('request.failed', agents.coordinator, data, { name: ['request', 'failed'] });
}

function complete(unfolding: Unfolding): void {
  const { createdAt, usage } = unfolding.state;
  const data: EventData['request.completed'] = {
    ...resultOf(unfolding.state),
    durationMs: createdAt === null ? 0 : Math.max(0, unfolding.now - Date.parse(createdAt)),
    ...(usage === null ? {} : { usage }),
  };
  unfolding.say('agent.completed', agents.executor, data, { name: ['agent', 'completed'] });
  unfolding.say('request.completed', agents.coordinator, data, { name: ['request', 'completed'] });
}

/** That of the step nothing depends on; of several, by stepId. */
function resultOf({ steps }: RunState): Pick<EventData['request.completed'], 'result' | 'resultRef'> {
  const sinks = sinksOf(steps);
  const [only] = sinks;
  if (only !== undefined && sinks.length === 1) {
    return { result: only.result, ...(only.resultRef === null ? {} : { resultRef: only.resultRef }) };
  }
  const each = ({ id, result, resultRef }: StepState) => [id, resultRef === null ? result : { resultRef }] as const;
  return { result: Object.fromEntries(sinks.map(each)) };
}
