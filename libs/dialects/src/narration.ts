import { type EventData, isEvent, type LogEvent, PLAN_STEP, terminalTypes } from '@stepwire/protocol';
import type { QuestionState, RunState, StepState } from '@stepwire/run-model';
import { hasSteps } from './phases.ts';
import { changedSteps, stepOf, toolOf } from './steps.ts';

/** What a person reads of an event: which step, which tool, and a sentence. `tool-progress` and `task` are made of it. */
export interface Narration {
  /** id of the plan's step, `plan` while there is none; an agent without steps names its stage */
  readonly step: string;
  readonly tool?: string;
  readonly message: string;
}

/** @returns null for what is no news to somebody who looks at a progress bar: text, ends, types nobody knows */
export function narrate(before: RunState, event: LogEvent, after: RunState): Narration | null {
  if (isEvent(event, 'executor.step.progress')) return report(before, event.data, after);
  if (isEvent(event, 'agent.progress')) return agentProgress(event.data, event.agent, after);
  if (isEvent(event, 'planner.plan.created')) {
    const count = event.data.plan.steps.length;
    return { ...planning, message: `planned ${count} step${count === 1 ? '' : 's'}` };
  }
  if (isEvent(event, 'agent.thinking')) return at(after, event.data.stepId, event.data.thought);
  if (isEvent(event, 'executor.question.asked')) return at(after, event.data.stepId, waitingFor(event.data));
  if (isEvent(event, 'question.answered')) return at(after, event.data.stepId, 'answered');
  if (isEvent(event, 'question.expired')) return at(after, event.data.stepId, 'nobody answered in time');
  if (isEvent(event, 'executor.tool.started')) return call(after, event.data, `calling ${event.data.toolName}`);
  if (isEvent(event, 'executor.tool.completed')) {
    const { toolName, error } = event.data;
    return call(after, event.data, error === undefined ? `${toolName} is done` : `${toolName}: ${messageOf(error)}`);
  }
  if (isEvent(event, 'executor.artifact.created')) return at(after, event.data.stepId, `made ${event.data.name}`);
  if (isEvent(event, 'document.indexed')) return at(after, undefined, `indexed ${event.data.documentId}`);
  if (isEvent(event, 'search.completed'))
    return at(after, undefined, `${event.data.hits} hits for ${event.data.query}`);
  if (isEvent(event, 'agent.phase.started')) {
    const { phaseId, phaseName = phaseId } = event.data;
    return hasSteps(after, phaseId) ? null : { ...current(after), message: phaseName };
  }
  // In a managed request the end of the request follows and says the same.
  if (isEvent(event, 'agent.failed')) return after.managed ? null : { ...current(after), message: event.data.message };
  if (terminalTypes.has(event.type)) return null;
  return event.type.startsWith('request.') ? current(after) : null;
}

const planning = { step: PLAN_STEP, tool: 'planner' };

const waitingFor = ({ prompt }: Pick<QuestionState, 'prompt'>): string => `waiting for an answer: ${prompt}`;

const messageOf = (error: NonNullable<EventData['executor.step.progress']['error']>): string =>
  typeof error === 'string' ? error : error.message;

const named = (step: StepState) => (step.id === PLAN_STEP ? planning : { step: step.id, tool: toolOf(step) });

const at = (state: RunState, stepId: string | undefined, message: string): Narration => {
  const step = stepOf(state, stepId);
  return { ...(step === undefined ? current(state) : named(step)), message };
};

const call = (
  state: RunState,
  { stepId, toolName }: EventData['executor.tool.started'],
  message: string,
): Narration => ({
  ...at(state, stepId, message),
  tool: toolName,
});

function report(before: RunState, data: EventData['executor.step.progress'], after: RunState): Narration {
  const changes = changedSteps(before, after);
  const { step } = changes.find((change) => change.step.id === data.stepId) ?? changes[0] ?? {};
  if (step !== undefined) return { ...named(step), message: sentence(data, step) };
  if (data.stepId === PLAN_STEP) return { ...planning, message: sentence(data) };
  // It names no step, or says something of an attempt that is over.
  const { stepId, tool } = data;
  return {
    ...current(after),
    ...(stepId === undefined ? {} : { step: stepId }),
    ...(tool === undefined ? {} : { tool }),
    message: sentence(data),
  };
}

/** A failure that will be repeated is no failure to a person who watches: the step goes on, and its error is told. */
function sentence(data: EventData['executor.step.progress'], step?: StepState): string {
  const { status, message, error, willRetry } = data;
  const name = step?.title || step?.id || data.tool || data.stepId || 'step';
  if (status === 'failed') {
    const why = error === undefined ? (message ?? 'failed') : messageOf(error);
    return willRetry === true ? `${why}; trying again` : why;
  }
  return message ?? (status === 'running' ? name : `${name}: ${status}`);
}

function agentProgress(data: EventData['agent.progress'], agent: string, after: RunState): Narration {
  const { stage, message } = data;
  if (after.managed) return { ...current(after), ...(message === undefined ? {} : { message }) };
  return { step: stage ?? after.currentStage, tool: agent, message: message ?? stage ?? after.currentStage };
}

/** What goes on now. */
export function current(state: RunState): Narration {
  const { status, steps, planning: plan, questions, managed, currentStage, cancel, stalled } = state;
  const running = steps.find((step) => step.status === 'running');
  const due = steps.find((step) => step.status === 'ready' || step.status === 'retrying');
  const [question] = questions;
  if (status === 'cancelling')
    return {
      ...(running === undefined ? { step: currentStage } : named(running)),
      message: `cancelled by ${cancel?.by ?? 'its agent'}; stopping`,
    };
  if (stalled)
    return {
      ...(running === undefined ? { step: currentStage } : named(running)),
      message: 'nothing was heard for a while',
    };
  if (status === 'waiting' && question !== undefined) {
    const step = stepOf(state, question.stepId ?? undefined);
    return { ...(step === undefined ? { step: currentStage } : named(step)), message: waitingFor(question) };
  }
  if (running !== undefined) return { ...named(running), message: running.message ?? (running.title || running.id) };
  if (due !== undefined) {
    const why = due.error === null ? 'waiting for an executor' : `${due.error.message}; trying again`;
    return { ...named(due), message: why };
  }
  if (managed && plan !== null && (status === 'queued' || status === 'planning')) {
    const why = plan.error === null ? 'waiting for a planner' : `${plan.error.message}; trying again`;
    return { ...planning, message: plan.status === 'running' ? 'planning' : why };
  }
  return { step: currentStage, message: currentStage };
}

/**
 * Whether somebody or something holds the request although nothing is heard: a lease, an open question, a place in a
 * queue, a retry that is due, a cancel's grace. An agent outside holds no lease.
 */
export function isHeld({ managed, status, finishedAt, questions, steps, planning: plan }: RunState): boolean {
  if (finishedAt !== null) return false;
  if (questions.length > 0) return true;
  const working = (step: StepState | null) =>
    step?.status === 'running' || step?.status === 'ready' || step?.status === 'retrying';
  return managed && (status === 'cancelling' || working(plan) || steps.some(working));
}
