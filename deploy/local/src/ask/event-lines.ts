import { isEvent, type LogEvent } from '@stepwire/protocol';
import { isFinished, type RunState, type StepState } from '@stepwire/run-model';
import { fit, visible } from './visible.ts';

/** Plain lines for logs and pipes: what one event changed, said once. */
export function eventLines(before: RunState, event: LogEvent, after: RunState): string[] {
  if (isFinished(before.status) || isFinished(after.status)) return [];
  if (before.plan === null && after.plan !== null) return planLines(after);
  const at = `[${String(Math.round(after.progress)).padStart(3)}%]`;
  const say = (text: string) => [`${at} ${text}`];

  if (isEvent(event, 'executor.step.progress')) {
    const step = after.steps.find((now, n) => now !== before.steps[n]);
    return step === undefined ? [] : say(stepText(step, after.steps.length));
  }
  if (isEvent(event, 'executor.question.asked'))
    return say(`? ${visible(event.data.prompt)}${hints(after, event.data.questionId)}`);
  if (isEvent(event, 'question.answered'))
    return say(`= ${inWords(event.data.answer)}, answered by ${visible(event.data.answeredBy)}`);
  if (isEvent(event, 'question.expired')) {
    return say(
      'answer' in event.data
        ? `= ${inWords(event.data.answer)}, by default: nobody answered in time`
        : 'nobody answered in time',
    );
  }
  if (isEvent(event, 'agent.thinking')) return say(`… ${visible(event.data.thought)}`);
  if (event.type === 'request.stalled') return say('nothing was heard for a while');
  if (event.type === 'request.cancelling') return say('cancelling');
  if (before.status !== after.status || before.currentStage !== after.currentStage)
    return say(visible(after.currentStage));
  return [];
}

const planLines = (state: RunState): string[] => [
  `plan: ${visible(state.plan?.goal ?? '')}`,
  ...state.steps.map((step) => `  ${step.order}. ${visible(step.title)} (${visible(step.tool)})${after(state, step)}`),
];

const after = (state: RunState, step: StepState): string => {
  const orders = step.dependsOn
    .map((id) => state.steps.find((other) => other.id === id)?.order)
    .filter((order) => order !== undefined);
  return orders.length === 0 ? '' : `, after ${orders.join(', ')}`;
};

/** `2/6 phone_validator: completed in 0.1 s` */
function stepText(step: StepState, count: number): string {
  const attempt = step.status === 'running' && step.attempt > 1 ? `, attempt ${step.attempt}` : '';
  return `${step.order}/${count} ${visible(step.tool === '' ? step.title : step.tool)}: ${stepStatus(step)}${attempt}`;
}

/** What a step is at, with what it or its error says. */
export function stepStatus(step: StepState): string {
  const error = step.error === null ? '' : `: ${visible(step.error.message)}`;
  switch (step.status) {
    case 'completed':
      return step.durationMs === null ? 'completed' : `completed in ${duration(step.durationMs)}`;
    case 'running':
      return `running${step.percent > 0 ? ` ${Math.round(step.percent)}%` : ''}${step.message === null ? '' : `: ${visible(step.message)}`}`;
    case 'retrying':
      return `failed${error}; will be repeated`;
    case 'skipped':
      return `skipped${step.message === null ? error : `: ${visible(step.message)}`}`;
    case 'failed':
      return `failed${error}`;
    case 'waiting':
      return 'waits for an answer';
    case 'ready':
      return 'waits for an executor';
    case 'pending':
      return '';
  }
}

/** in a unit that leaves something before the point */
const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function hints(state: RunState, questionId: string): string {
  const question = state.questions.find((open) => open.questionId === questionId);
  if (question === undefined) return '';
  const parts = [
    ...(question.choices === null ? [] : [question.choices.map(visible).join(' / ')]),
    ...(question.default === undefined ? [] : [`default ${inWords(question.default)}`]),
    ...(question.expiresAt === null ? [] : [`until ${question.expiresAt.slice(11, 19)} UTC`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}

const inWords = (answer: unknown): string =>
  fit(visible(typeof answer === 'string' ? `"${answer}"` : String(JSON.stringify(answer))), 200);
