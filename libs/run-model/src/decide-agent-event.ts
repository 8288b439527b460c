import { isEvent, isReservedType, type ParsedEvent, PLAN_STEP, terminalTypes } from '@stepwire/protocol';
import { stepSettled } from './conclude.ts';
import { decidePlan, decideReport, planFailure } from './decide-step-report.ts';
import type { Decision, Input, Refusal, Rejection } from './decision.ts';
import { isManagedStart, ownerNamedIn } from './evolve-request.ts';
import { asJson } from './json-object.ts';
import { withDeadline } from './question.ts';
import { refused } from './rejection.ts';
import { resume } from './stall.ts';
import { isFinished, type RunState } from './state.ts';
import { indexOfStep } from './step.ts';
import type { Unfolding } from './unfolding.ts';

export function decideAgentEvent(unfolding: Unfolding, input: Extract<Input, { kind: 'event' }>): Decision | Rejection {
  const { status, managed } = unfolding.state;
  if (isFinished(status)) return refused('after_terminal');
  return managed ? decideManaged(unfolding, input.event) : decideObserved(unfolding, input.event, input.userId);
}

function decideManaged(unfolding: Unfolding, event: ParsedEvent): Decision | Rejection {
  const { state, now } = unfolding;
  if (isReservedType(event.type)) return refused('reserved_type');
  if (isEvent(event, 'executor.step.progress')) return decideReport(unfolding, event, event.data);
  if (isEvent(event, 'planner.plan.created')) return decidePlan(unfolding, event, event.data);
  if (isEvent(event, 'agent.failed') && event.data.step === PLAN_STEP && event.data.attempt !== undefined) {
    return decideReport(unfolding, event, planFailure(event.data));
  }
  const stale = staleness(state, event);
  if (stale !== null) return refused(stale);
  if (state.status === 'cancelling') return parkedWhileCancelling(unfolding, event) ?? refused('cancelling');
  resume(unfolding, event.timestamp);
  if (!isEvent(event, 'executor.question.asked')) return unfolding.append(event).decision();
  const { questionId, stepId } = event.data;
  if (stepId === undefined || stepId === PLAN_STEP) return refused('unknown_step');
  if (isKnownQuestion(state, questionId)) return refused('duplicate');
  return unfolding.append({ ...event, data: asJson(withDeadline(event.data, now)) }).decision();
}

/** Nobody will be asked any more, but whoever asks has parked its step: it has stopped. */
function parkedWhileCancelling(unfolding: Unfolding, event: ParsedEvent): Decision | undefined {
  const { stepId } = event.data;
  if (!isEvent(event, 'executor.question.asked') || typeof stepId !== 'string') return undefined;
  const { steps } = unfolding.state;
  const step = steps[indexOfStep(steps, stepId)];
  if (step === undefined) return undefined;
  const { order: stepOrder, tool, attempt } = step;
  const data = { stepId, stepOrder, tool, attempt, status: 'skipped', message: 'cancelled' };
  unfolding.append({ ...event, type: 'executor.step.progress', data });
  stepSettled(unfolding, stepId);
  return unfolding.decision();
}

/** Types of an executor: in a managed request they carry the attempt, which must be the one that runs (design §4). */
const fenced: ReadonlySet<string> = new Set([
  'executor.step.output',
  'executor.tool.started',
  'executor.tool.completed',
  'executor.question.asked',
  'executor.artifact.created',
]);

function staleness(state: RunState, event: ParsedEvent): Refusal | null {
  const { stepId, attempt, instance } = event.data;
  if (event.type === 'agent.progress') {
    // One with an attempt is the planner's; one with an instance would be a claim.
    if (attempt === undefined) return instance === undefined ? null : 'reserved_type';
    return notRunning(state, PLAN_STEP, attempt, instance);
  }
  if (typeof stepId !== 'string') return null;
  return fenced.has(event.type) || attempt !== undefined ? notRunning(state, stepId, attempt, instance) : null;
}

function notRunning(state: RunState, stepId: string, attempt: unknown, instance: unknown): Refusal | null {
  const step = stepId === PLAN_STEP ? state.planning : state.steps[indexOfStep(state.steps, stepId)];
  if (step === undefined || step === null) return 'unknown_step';
  if (step.attempt !== attempt) return 'stale_attempt';
  if (step.status !== 'running') return 'not_running';
  return instance === undefined || instance === step.instance ? null : 'claimed_by_other';
}

const isKnownQuestion = ({ questions, answers }: RunState, id: string): boolean =>
  questions.some(({ questionId }) => questionId === id) || answers.some(({ questionId }) => questionId === id);

/** Some other program drives the request: what it says is kept, and it says itself how the request ends. */
function decideObserved(unfolding: Unfolding, event: ParsedEvent, userId: string | undefined): Decision | Rejection {
  const { state, now } = unfolding;
  if (isManagedStart(event)) return refused('reserved_type');
  if (state.status === 'cancelling' && !saysItStopped(event)) return refused('cancelling');
  resume(unfolding, event.timestamp);
  if (isEvent(event, 'request.failed') && state.error === null) {
    // Clients that know only errors see an end by failure as `agent.failed`.
    const { message, code, step } = event.data;
    const data = { message, ...(code === undefined ? {} : { code }), ...(step === undefined ? {} : { step }) };
    unfolding.say('agent.failed', event.agent, data, { name: ['agent', 'failed'] });
  }
  return unfolding.append(ofObserved(state, event, userId, now)).decision();
}

function ofObserved(state: RunState, event: ParsedEvent, userId: string | undefined, now: number): ParsedEvent {
  if (isEvent(event, 'executor.question.asked')) {
    const mended = { ...event, data: asJson(withDeadline(event.data, now)) };
    return state.seq === 0 ? withOwner(mended, userId) : mended;
  }
  return state.seq === 0 ? withOwner(event, userId) : event;
}

/** The owner is in the log, so that folding it gives the owner; the event's own word goes before the AMQP header. */
const withOwner = (event: ParsedEvent, userId: string | undefined): ParsedEvent =>
  userId === undefined || userId === '' || ownerNamedIn(event.data) !== null
    ? event
    : { ...event, data: { ...event.data, userId } };

const saysItStopped = (event: ParsedEvent): boolean =>
  terminalTypes.has(event.type) ||
  event.type === 'agent.completed' ||
  event.type === 'agent.failed' ||
  (isEvent(event, 'executor.step.progress') && event.data.status !== 'running');
