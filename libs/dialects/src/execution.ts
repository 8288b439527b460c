import { type EventData, isEvent, type LogEvent } from '@stepwire/protocol';
import { isFinished, type RunState, type StepState } from '@stepwire/run-model';
import { folding, type Told } from './dialect.ts';
import { changedPhases, hasSteps, type PhaseState, phasesOf } from './phases.ts';
import { changedSteps, inputOf, isOpen, isOwnCall, toolOf } from './steps.ts';
import { failureOf, isFirst, msBetween, passed, resultOf, taskOf } from './told.ts';

/**
 * Dialect `execution` (design §7.2, `GET /api/agent/stream/:executionId`): named events of an execution.
 *
 * | log event                              | messages, in this order                                                       |
 * |----------------------------------------|-------------------------------------------------------------------------------|
 * | at connect, for who begins late        | `execution:started`, `plan:created`, `phase:start` and `tool:start` of what runs, or the end |
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
  opening(state, resumed) {
    if (resumed || isFirst(state)) return [];
    if (isFinished(state.status)) return [started(state), ...plan(state), end(state)];
    const phases = phasesOf(state).filter(({ status }) => status === 'running');
    return [
      ...[started(state), ...plan(state), ...phases.map((phase) => phaseTold('phase:start', phase))],
      ...state.steps.filter(isOpen).map((step) => toolStart(step, state)),
    ];
  },
  tell: (before, event, after) => [...(isFirst(before) ? [started(after)] : []), ...own(before, event, after)],
});

const told = (name: string, payload: object): Told => ({ name, payload });

const started = (state: RunState): Told =>
  told('execution:started', { task: taskOf(state), startedAt: state.createdAt ?? '' });

/** Names of ours, and what `EventSource` gives out itself. */
const taken: ReadonlySet<string> = new Set([
  ...['execution:started', 'plan:created', 'phase:start', 'phase:complete', 'thinking', 'tool:start', 'tool:complete'],
  ...['execution:complete', 'execution:error', 'message', 'open', 'error'],
]);

function own(before: RunState, event: LogEvent, after: RunState): readonly Told[] {
  if (isEvent(event, 'executor.step.progress')) return stepTold(before, event.data, after);
  if (isEvent(event, 'planner.plan.created'))
    // Only the first plan of a managed request counts.
    return after.plan === before.plan ? [] : [...plan(after), ...phases(before, after)];
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
  if (isFinished(after.status)) return [end(after)];
  if (event.type === 'request.accepted' || event.type === 'agent.completed' || event.type === 'agent.failed') return [];
  return [passed(event, taken)];
}

function plan(state: RunState): Told[] {
  if (state.plan === null) return [];
  const phases = phasesOf(state).map(({ id, name, status }) => ({ id, name, status }));
  return [told('plan:created', { plan: { goal: state.plan.goal, phases } })];
}

const phaseTold = (name: string, { id, name: phaseName, index }: PhaseState): Told =>
  told(name, { phaseId: id, phaseName, phaseIndex: index });

/** Starts come before what happens in a phase, ends after it. */
function phases(before: RunState, after: RunState, within: readonly Told[] = []): Told[] {
  const changes = changedPhases(before, after);
  return [
    ...changes.filter(({ started }) => started).map(({ phase }) => phaseTold('phase:start', phase)),
    ...within,
    ...changes.filter(({ completed }) => completed).map(({ phase }) => phaseTold('phase:complete', phase)),
  ];
}

function stepTold(
  before: RunState,
  { status, willRetry }: EventData['executor.step.progress'],
  after: RunState,
): Told[] {
  const repeated = status === 'failed' && willRetry === true;
  const calls = changedSteps(before, after).flatMap((change) => [
    ...(change.opened ? [toolStart(change.step, after)] : []),
    ...(repeated && !change.opened && !change.closed ? [toolStart(change.step, after)] : []),
    ...(change.closed ? [toolComplete(change.step)] : []),
  ]);
  return phases(before, after, calls);
}

function toolStart(step: StepState, state: RunState): Told {
  const params = inputOf(state, step);
  return told('tool:start', {
    toolName: toolOf(step),
    ...(params === undefined ? {} : { params }),
    stepId: step.id,
    ...(step.error === null || step.status === 'failed' ? {} : { error: step.error.message }),
  });
}

function toolComplete(step: StepState): Told {
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

/** What its agent left running is part of what it completed. */
function completed(before: RunState, { durationMs }: EventData['request.completed'], after: RunState): Told[] {
  const left = changedSteps(before, after).filter(({ closed }) => closed);
  return [
    ...phases(
      before,
      after,
      left.map(({ step }) => toolComplete(step)),
    ),
    end(after, durationMs),
  ];
}

/** @param duration ms; its agent's own word, where there is one */
function end(state: RunState, duration = msBetween(state.createdAt, state.finishedAt)): Told {
  if (state.status !== 'completed') {
    const { message, code } = failureOf(state);
    return { ...told('execution:error', { error: message, ...(code === undefined ? {} : { code }) }), ends: true };
  }
  const { usage } = state;
  const payload = {
    ...resultOf(state),
    ...(duration === undefined ? {} : { duration }),
    ...(usage === null ? {} : { tokensUsed: usage.inputTokens + usage.outputTokens }),
  };
  return { ...told('execution:complete', payload), ends: true };
}
