import { type EventData, isEvent, type LogEvent } from '@stepwire/protocol';
import type { RunState } from '@stepwire/run-model';
import { folding, type Told } from './dialect.ts';
import { changedPhases, hasSteps, phasesOf } from './phases.ts';
import { changedSteps, inputOf, isOwnCall, type StepChange, toolOf } from './steps.ts';
import { cancelledBy, isFirst, msBetween, passed, resultOf, taskOf } from './told.ts';

/**
 * Dialect `execution` (design §7.2, `GET /api/agent/stream/:executionId`): named events of an execution.
 *
 * | log event                              | messages, in this order                                                       |
 * |----------------------------------------|-------------------------------------------------------------------------------|
 * | the first, whatever it is              | `execution:started {task, startedAt}`, then its own                           |
 * | `planner.plan.created`                 | `plan:created {plan: {goal, phases: [{id, name, status}]}}`                   |
 * | `executor.step.progress`, first running | `phase:start {phaseId, phaseName, phaseIndex}` where its phase begins, `tool:start {toolName, params, stepId}` |
 * | … failed, `willRetry`                  | `tool:start {toolName, params, stepId, error}`: it goes on; the next attempt says nothing more |
 * | … completed, failed, skipped           | `tool:complete {toolName, result, duration, stepId, error?, skipped?}`, `phase:complete` where its phase ends |
 * | `executor.tool.started` / `.completed` | `tool:start` / `tool:complete` with `toolCallId`; not for the step's own tool, which the step tells |
 * | `agent.phase.started` / `.completed`   | `phase:start` / `phase:complete` where the phase has no steps; else its steps tell it |
 * | `agent.thinking`                       | `thinking {thought, iteration}`                                               |
 * | `agent.progress` with message or stage | `thinking {thought, percent?}`: all that an agent without steps has to say    |
 * | `request.completed`                    | what still ran is completed, then `execution:complete {result, duration, tokensUsed}` |
 * | `request.failed` / `.cancelled`        | `execution:error {error, code?}`                                              |
 * | `agent.completed`, `agent.failed`      | nothing: the end of the request says it                                       |
 * | any other, unknown ones too            | the event as it is, under its own type                                        |
 *
 * `duration` is in ms. What nobody said (`iteration`, `params`, `result`, `tokensUsed` …) is absent. `stepId` tells side-by-side
 * calls of one tool apart.
 */
export const execution = folding({
  name: 'execution',
  begins: 'first-event',
  opening: () => [],
  tell: (before, event, after) => [
    ...(isFirst(before)
      ? [told('execution:started', { task: taskOf(after), startedAt: after.createdAt ?? event.timestamp })]
      : []),
    ...own(before, event, after),
  ],
});

const told = (name: string, payload: object): Told => ({ name, payload });

/** Names of ours, and what `EventSource` gives out itself. */
const taken: ReadonlySet<string> = new Set([
  ...['execution:started', 'plan:created', 'phase:start', 'phase:complete', 'thinking', 'tool:start', 'tool:complete'],
  ...['execution:complete', 'execution:error', 'message', 'open', 'error'],
]);

function own(before: RunState, event: LogEvent, after: RunState): readonly Told[] {
  if (isEvent(event, 'executor.step.progress')) return stepTold(before, event.data, after);
  if (isEvent(event, 'planner.plan.created')) return [...plan(before, after), ...phases(before, after)];
  if (isEvent(event, 'agent.thinking')) {
    const { thought, iteration } = event.data;
    return [told('thinking', { thought, ...(iteration === undefined ? {} : { iteration }) })];
  }
  if (isEvent(event, 'agent.progress')) return agentProgress(event.data);
  if (isEvent(event, 'executor.tool.started')) return toolStarted(event.data, after);
  if (isEvent(event, 'executor.tool.completed')) return toolCompleted(event.data, after);
  if (isEvent(event, 'agent.phase.started')) return agentPhase('phase:start', event.data, after);
  if (isEvent(event, 'agent.phase.completed')) return agentPhase('phase:complete', event.data, after);
  if (isEvent(event, 'request.completed')) return completed(before, event.data, after);
  if (isEvent(event, 'request.failed')) {
    const { message, code } = event.data;
    return [error(message, code)];
  }
  if (isEvent(event, 'request.cancelled')) return [error(cancelledBy(after), 'cancelled')];
  if (event.type === 'request.accepted' || event.type === 'agent.completed' || event.type === 'agent.failed') return [];
  return [passed(event, taken)];
}

const error = (message: string, code: string | undefined): Told => ({
  ...told('execution:error', { error: message, ...(code === undefined ? {} : { code }) }),
  ends: true,
});

/** Only the first plan of a managed request counts. */
function plan(before: RunState, after: RunState): Told[] {
  if (after.plan === null || after.plan === before.plan) return [];
  const phases = phasesOf(after).map(({ id, name, status }) => ({ id, name, status }));
  return [told('plan:created', { plan: { goal: after.plan.goal, phases } })];
}

/** Starts come before what happens in a phase, ends after it. */
function phases(before: RunState, after: RunState, within: readonly Told[] = []): Told[] {
  const changes = changedPhases(before, after);
  const say = (name: string, { phase: { id, name: phaseName, index } }: (typeof changes)[number]) =>
    told(name, { phaseId: id, phaseName, phaseIndex: index });
  return [
    ...changes.filter(({ started }) => started).map((change) => say('phase:start', change)),
    ...within,
    ...changes.filter(({ completed }) => completed).map((change) => say('phase:complete', change)),
  ];
}

function stepTold(
  before: RunState,
  { status, willRetry }: EventData['executor.step.progress'],
  after: RunState,
): Told[] {
  const repeated = status === 'failed' && willRetry === true;
  const calls = changedSteps(before, after).flatMap((change) => [
    ...(change.opened ? [start(change, after)] : []),
    ...(repeated && !change.opened && !change.closed ? [start(change, after)] : []),
    ...(change.closed ? [complete(change)] : []),
  ]);
  return phases(before, after, calls);
}

function start({ step }: StepChange, state: RunState): Told {
  const params = inputOf(state, step);
  return told('tool:start', {
    toolName: toolOf(step),
    ...(params === undefined ? {} : { params }),
    stepId: step.id,
    ...(step.error === null || step.status === 'failed' ? {} : { error: step.error.message }),
  });
}

function complete({ step }: StepChange): Told {
  const duration = step.durationMs ?? msBetween(step.startedAt, step.finishedAt);
  return told('tool:complete', {
    toolName: toolOf(step),
    ...resultOf(step),
    ...(duration === undefined ? {} : { duration }),
    stepId: step.id,
    ...(step.status === 'failed' ? { error: step.error?.message ?? 'failed' } : {}),
    ...(step.status === 'skipped' ? { skipped: true } : {}),
  });
}

function toolStarted(data: EventData['executor.tool.started'], state: RunState): Told[] {
  if (isOwnCall(state, data)) return [];
  const { toolName, toolCallId, stepId, input } = data;
  const params = input === undefined ? {} : { params: input };
  return [told('tool:start', { toolName, ...params, ...(stepId === undefined ? {} : { stepId }), toolCallId })];
}

function toolCompleted(data: EventData['executor.tool.completed'], state: RunState): Told[] {
  if (isOwnCall(state, data)) return [];
  const { toolName, toolCallId, stepId, output, error, durationMs } = data;
  return [
    told('tool:complete', {
      toolName,
      ...(output === undefined ? {} : { result: output }),
      ...(durationMs === undefined ? {} : { duration: durationMs }),
      ...(stepId === undefined ? {} : { stepId }),
      toolCallId,
      ...(error === undefined ? {} : { error: typeof error === 'string' ? error : error.message }),
    }),
  ];
}

function agentPhase(name: string, data: EventData['agent.phase.started'], state: RunState): Told[] {
  const { phaseId, phaseName = phaseId, phaseIndex } = data;
  if (hasSteps(state, phaseId)) return [];
  return [told(name, { phaseId, phaseName, ...(phaseIndex === undefined ? {} : { phaseIndex }) })];
}

/** One with `instance` is the planner's claim, which is nobody's thought. */
function agentProgress({ message, stage, percent, instance }: EventData['agent.progress']): Told[] {
  const thought = message ?? stage;
  if (thought === undefined || instance !== undefined) return [];
  return [told('thinking', { thought, ...(percent === undefined ? {} : { percent }) })];
}

function completed(before: RunState, data: EventData['request.completed'], after: RunState): Told[] {
  const { durationMs: duration = msBetween(after.createdAt, after.finishedAt) } = data;
  const left = changedSteps(before, after).filter(({ closed }) => closed);
  return [
    ...phases(before, after, left.map(complete)),
    {
      ...told('execution:complete', {
        ...resultOf(after),
        ...(duration === undefined ? {} : { duration }),
        ...(after.usage === null ? {} : { tokensUsed: after.usage.inputTokens + after.usage.outputTokens }),
      }),
      ends: true,
    },
  ];
}
