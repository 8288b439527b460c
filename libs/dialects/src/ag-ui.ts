import { isEvent, type LogEvent, PLAN_STEP } from '@stepwire/protocol';
import { isFinished, type RunState, type StepState } from '@stepwire/run-model';
import {
  type AgUiEvent,
  callIdOf,
  callOf,
  callResultOf,
  endOf,
  stepCallOf,
  stepResultOf,
  textIdOf,
  thoughtOf,
  told,
} from './ag-ui-events.ts';
import { deltaOf, snapshotOf } from './ag-ui-state.ts';
import { type FoldingDialect, folding, type Told } from './dialect.ts';
import { changedSteps, isOpen, isOwnCall, stepOf } from './steps.ts';

/**
 * Dialect `ag-ui` (design §7.2, `POST /api/ag-ui`): AG-UI 1.0, https://docs.ag-ui.com/spec/1.0. A request is a run; while
 * it waits for answers no run is on, and the answers begin the next one.
 *
 * | log event                        | AG-UI                                                                             |
 * |----------------------------------|-----------------------------------------------------------------------------------|
 * | at every connect                 | `RUN_STARTED`, `STATE_SNAPSHOT`, then the spans that are open                     |
 * | … of who asks for a run again    | after `RUN_STARTED` a `MESSAGES_SNAPSHOT` without what they have of it: all is told anew |
 * | a step begins / ends, and `plan` | `STEP_STARTED` / `STEP_FINISHED`; its repetitions are one span                    |
 * | … a step of the plan             | `TOOL_CALL_START`, `_ARGS` (its input), `_END` / `TOOL_CALL_RESULT`               |
 * | `executor.tool.started` / `.completed` | the same, under its own id; not for the step's own tool                     |
 * | `executor.step.output`           | `TEXT_MESSAGE_START`, `_CONTENT`; `_END` with the attempt; one message an attempt |
 * | `agent.thinking`                 | `REASONING_START` … `REASONING_END`                                               |
 * | whatever changes the state       | `STATE_DELTA`, after these                                                        |
 * | status becomes `waiting`         | `RUN_FINISHED`, outcome `interrupt`, an interrupt per open question; the stream ends |
 * | … stops being it                 | as at connect, for transports that stayed                                         |
 * | `request.completed` / `.cancelled` | `RUN_FINISHED`, outcome `success` with `result` and `usage` / `cancelled`       |
 * | `request.failed`                 | `RUN_ERROR {message, code?}`                                                      |
 * | `agent.phase.*`, `agent.progress` with a message, `document.indexed`, `search.completed`, unknown types | `CUSTOM {name: type, value: data}` |
 *
 * 1. A span is open when the state says so, so its events are the difference of two states, whatever the event was: none
 *    is opened twice, and none is open when a run ends.
 * 2. A run can't be entered in its middle, so whoever resumes hears the opening as well, and the event they had in part
 *    once more: pass no `parts` to `fold`, begin at `parseCursor(id).seq`.
 * 3. A question is answered by the `resume` of the next run's input: `interruptId` is the questionId, `payload` the answer;
 *    who abandons one (`status: 'cancelled'`) gives the request up. While siblings of the asking step run, the question is
 *    in the state only.
 */
export interface AgUiRun {
  /** default: the requestId */
  readonly threadId?: string;
  /** default: the requestId */
  readonly runId?: string;
  /** ids of messages and tool calls that the run's input holds: the opening doesn't tell their contents again */
  readonly known?: ReadonlySet<string>;
  /** the messages that the run's input holds from before this run, where it also holds some of it */
  readonly before?: readonly object[] | undefined;
}

export function agUi({ threadId, runId, known = new Set(), before }: AgUiRun = {}): FoldingDialect {
  const run = ({ requestId }: RunState) => ({ threadId: threadId ?? requestId, runId: runId ?? requestId });
  const opening = (state: RunState, isKnown: IsKnown, messages?: readonly object[]): AgUiEvent[] => [
    { type: 'RUN_STARTED', ...run(state), protocolVersion: '1.0' },
    ...(messages === undefined ? [] : [{ type: 'MESSAGES_SNAPSHOT', messages } as const]),
    { type: 'STATE_SNAPSHOT', snapshot: snapshotOf(state) },
    ...(isOver(state) ? [endOf(state, run(state))] : reopened(state, isKnown)),
  ];
  return folding({
    name: 'ag-ui',
    begins: 'first-event',
    opening: (state, resumed) =>
      finished(
        state,
        opening(state, (id) => known.has(id), resumed ? undefined : before),
      ),
    tell(was, event, after) {
      // Whoever heard the run end hears nothing until another begins.
      const events = isOver(was)
        ? isOver(after) && !isFinished(after.status)
          ? []
          : opening(after, () => true)
        : [...during(was, event, after), ...(isOver(after) ? [endOf(after, run(after))] : [])];
      const ms = Date.parse(event.timestamp);
      return finished(after, Number.isNaN(ms) ? events : events.map((one) => ({ ...one, timestamp: ms })));
    },
  });
}

/** No run is on: the request has ended, or waits for people and nothing else. */
const isOver = ({ status, questions }: RunState): boolean =>
  isFinished(status) || (status === 'waiting' && questions.length > 0);

const finished = (state: RunState, events: readonly AgUiEvent[]): Told[] =>
  events.map((event, index) =>
    isOver(state) && index === events.length - 1 ? { ...told(event), ends: true } : told(event),
  );

interface Spans {
  /** step names */
  readonly steps: ReadonlySet<string>;
  /** message ids, with the texts so far */
  readonly texts: ReadonlyMap<string, string>;
}

/** What is open in a state: sets, since agents outside may give two steps one id. */
function spansOf(state: RunState): Spans {
  if (isOver(state)) return { steps: new Set(), texts: new Map() };
  const open = state.steps.filter(isOpen);
  const spoken = open.filter(({ output }) => output !== '');
  return {
    steps: new Set([...(isOpen(state.planning ?? undefined) ? [PLAN_STEP] : []), ...open.map(({ id }) => id)]),
    texts: new Map(spoken.map(({ id, attempt, output }) => [textIdOf(state.requestId, id, attempt), output])),
  };
}

/** whether the watcher has that message or tool call already */
type IsKnown = (id: string) => boolean;

function reopened(state: RunState, isKnown: IsKnown): AgUiEvent[] {
  const { steps, texts } = spansOf(state);
  return [
    ...[...steps].map((stepName): AgUiEvent => ({ type: 'STEP_STARTED', stepName })),
    ...uniqueCalls(state).flatMap((step) => (isKnown(callIdOf(state, step)) ? [] : stepCallOf(state, step))),
    ...[...texts].flatMap(([messageId, text]): AgUiEvent[] => [
      { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' },
      ...(isKnown(messageId) ? [] : [{ type: 'TEXT_MESSAGE_CONTENT', messageId, delta: text } as const]),
    ]),
  ];
}

const uniqueCalls = ({ steps }: RunState): readonly StepState[] => [
  ...new Map(steps.filter(isOpen).map((step) => [step.id, step])).values(),
];

function during(before: RunState, event: LogEvent, after: RunState): AgUiEvent[] {
  const [was, is] = [spansOf(before), spansOf(after)];
  const changes = changedSteps(before, after);
  const delta = deltaOf(before, after);
  // A step that is heard of only as it ends begins and ends at once.
  const atOnce = changes.filter(({ opened, closed }) => opened && closed).map(({ step }) => step.id);
  const started = [...new Set([...is.steps, ...atOnce])].filter((stepName) => !was.steps.has(stepName));
  const ended = [...new Set([...was.steps, ...started])].filter((stepName) => !is.steps.has(stepName));
  const startedTexts = [...is.texts.keys()].filter((messageId) => !was.texts.has(messageId));
  const endedTexts = [...was.texts.keys()].filter((messageId) => !is.texts.has(messageId));
  return [
    ...started.map((stepName): AgUiEvent => ({ type: 'STEP_STARTED', stepName })),
    ...changes.filter(({ opened }) => opened).flatMap(({ step }) => stepCallOf(after, step)),
    ...startedTexts.map((messageId): AgUiEvent => ({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' })),
    ...own(event, after, is),
    ...endedTexts.map((messageId): AgUiEvent => ({ type: 'TEXT_MESSAGE_END', messageId })),
    ...changes.filter(({ closed }) => closed).map(({ step }) => stepResultOf(after, step)),
    ...ended.map((stepName): AgUiEvent => ({ type: 'STEP_FINISHED', stepName })),
    ...(delta.length === 0 ? [] : [{ type: 'STATE_DELTA', delta } as const]),
  ];
}

/** What an event says beyond what it does to steps and state. */
function own(event: LogEvent, after: RunState, is: Spans): AgUiEvent[] {
  if (isEvent(event, 'executor.step.output')) return textOf(event, after, is);
  if (isEvent(event, 'agent.thinking')) {
    return thoughtOf(`${event.requestId}/thought/${event.seq}`, event.data.thought);
  }
  if (isEvent(event, 'executor.tool.started')) {
    const { toolCallId, toolName, input } = event.data;
    return isOwnCall(after, event.data) ? [] : callOf(toolCallId, toolName, input);
  }
  if (isEvent(event, 'executor.tool.completed')) {
    const { toolCallId, output, error } = event.data;
    if (isOwnCall(after, event.data)) return [];
    return [callResultOf(toolCallId, error === undefined ? output : { error })];
  }
  // The sentence of an agent without steps is in no state.
  if (isEvent(event, 'agent.progress') && event.data.message !== undefined) return [custom(event)];
  return inTheState.has(event.type) ? [] : [custom(event)];
}

const custom = ({ type, data }: LogEvent): AgUiEvent => ({ type: 'CUSTOM', name: type, value: data });

const inTheState: ReadonlySet<string> = new Set([
  ...['request.accepted', 'request.cancelling', 'request.stalled', 'request.resumed', 'request.completed'],
  ...['request.failed', 'request.cancelled', 'planner.plan.created', 'agent.progress', 'agent.completed'],
  ...['agent.failed', 'executor.step.progress', 'executor.question.asked', 'question.answered', 'question.expired'],
  'executor.artifact.created',
]);

function textOf(event: LogEvent<'executor.step.output'>, after: RunState, is: Spans): AgUiEvent[] {
  const { stepId, delta, attempt } = event.data;
  if (delta === '') return [];
  const step = stepOf(after, stepId);
  const current = step === undefined ? undefined : textIdOf(after.requestId, stepId, step.attempt);
  const stale = attempt !== undefined && step !== undefined && attempt < step.attempt;
  if (current !== undefined && is.texts.has(current) && !stale) {
    return [{ type: 'TEXT_MESSAGE_CONTENT', messageId: current, delta }];
  }
  // Of a step that isn't open, or nobody knows: a message that each piece opens, continues and closes.
  const messageId = `${textIdOf(after.requestId, stepId, attempt ?? step?.attempt ?? 1)}/aside`;
  return [
    { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId, delta },
    { type: 'TEXT_MESSAGE_END', messageId },
  ];
}
