import type { Event, Interrupt } from '@ag-ui/core';
import type { RunState, StepState } from '@stepwire/run-model';
import type { Told } from './dialect.ts';
import { inputOf, toolOf } from './steps.ts';

/** The events of AG-UI 1.0 that requests give. Optional members are absent, never null. */

/** `type` as it stands on the wire; the package has an enum, which would have to be loaded. */
type OnTheWire<E> = E extends { type: infer T extends string } ? Omit<E, 'type'> & { type: `${T}` } : never;
export type AgUiEvent =
  | Exclude<OnTheWire<Event>, { type: 'MESSAGES_SNAPSHOT' }>
  /** messages as the client gave them */
  | { readonly type: 'MESSAGES_SNAPSHOT'; readonly messages: readonly object[] };

/** Unnamed, as the protocol's own encoder has them: `type` is in the payload. */
export const told = (event: AgUiEvent): Told => ({ name: 'message', payload: event });

export const callIdOf = ({ requestId }: RunState, { id }: StepState): string => `${requestId}/${id}`;

/** Each attempt of a step begins its text afresh. */
export const textIdOf = (requestId: string, stepId: string, attempt: number): string =>
  `${requestId}/${stepId}/${attempt}`;

/** Arguments are whole when a call begins: what `TOOL_CALL_END` closes is their transfer, not the call's work. */
export const callOf = (toolCallId: string, toolCallName: string, args: unknown): AgUiEvent[] => [
  { type: 'TOOL_CALL_START', toolCallId, toolCallName },
  { type: 'TOOL_CALL_ARGS', toolCallId, delta: JSON.stringify(args ?? {}) },
  { type: 'TOOL_CALL_END', toolCallId },
];

export const stepCallOf = (state: RunState, step: StepState): AgUiEvent[] =>
  callOf(callIdOf(state, step), toolOf(step), inputOf(state, step));

export const callResultOf = (toolCallId: string, result: unknown): AgUiEvent => ({
  type: 'TOOL_CALL_RESULT',
  messageId: `${toolCallId}/result`,
  toolCallId,
  role: 'tool',
  content: typeof result === 'string' ? result : JSON.stringify(result ?? null),
});

export function stepResultOf(state: RunState, step: StepState): AgUiEvent {
  const { status, result, resultRef, error, message } = step;
  const callId = callIdOf(state, step);
  if (status === 'failed') return callResultOf(callId, { error: error?.message ?? 'failed' });
  if (status === 'skipped') return callResultOf(callId, { skipped: message ?? 'skipped' });
  return callResultOf(callId, resultRef === null ? result : { resultRef });
}

export function thoughtOf(messageId: string, thought: string): AgUiEvent[] {
  if (thought === '') return [];
  return [
    { type: 'REASONING_START', messageId },
    { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' },
    { type: 'REASONING_MESSAGE_CONTENT', messageId, delta: thought },
    { type: 'REASONING_MESSAGE_END', messageId },
    { type: 'REASONING_END', messageId },
  ];
}

interface Run {
  readonly threadId: string;
  readonly runId: string;
}

/** How a run ends whose request has ended or waits for answers. */
export function endOf(state: RunState, run: Run): AgUiEvent {
  const { status, error, usage, result, resultRef, questions } = state;
  const spent = usage === null ? {} : { usage: [usage] };
  if (status === 'failed') {
    const code = error?.code ?? null;
    return { type: 'RUN_ERROR', message: error?.message ?? 'failed', ...(code === null ? {} : { code }), ...spent };
  }
  if (status === 'cancelled') return { type: 'RUN_FINISHED', ...run, outcome: { type: 'cancelled' }, ...spent };
  if (status !== 'completed') {
    const interrupts = questions.map((question) => interruptOf(state, question));
    return { type: 'RUN_FINISHED', ...run, outcome: { type: 'interrupt', interrupts } };
  }
  const value = resultRef === null ? result : { resultRef };
  return {
    ...{ type: 'RUN_FINISHED', ...run, outcome: { type: 'success' } },
    ...(value === null ? {} : { result: value }),
    ...spent,
  };
}

/** @see https://docs.ag-ui.com/spec/1.0/basic/patterns/interrupt-resume */
function interruptOf(state: RunState, question: RunState['questions'][number]): Interrupt {
  const { questionId, prompt, kind, choices, allowOther, stepId, expiresAt } = question;
  const step = state.steps.find(({ id }) => id === stepId);
  const closed = kind === 'choice' && choices !== null && !allowOther;
  return {
    id: questionId,
    reason: kind === 'confirm' ? 'confirmation' : 'input_required',
    message: prompt,
    ...(step === undefined ? {} : { toolCallId: callIdOf(state, step) }),
    responseSchema: {
      type: kind === 'confirm' ? 'boolean' : 'string',
      ...(closed ? { enum: choices } : choices === null ? {} : { examples: choices }),
      ...(question.default === undefined ? {} : { default: question.default }),
    },
    ...(expiresAt === null ? {} : { expiresAt }),
  };
}
