import { agents, type EventData } from '@stepwire/protocol';
import { stepSettled } from './conclude.ts';
import type { QuestionState } from './state.ts';
import { indexOfStep } from './step.ts';
import { timestampOf, type Unfolding } from './unfolding.ts';

export const isOverdue = ({ expiresAt }: QuestionState, now: number): boolean =>
  expiresAt !== null && now >= Date.parse(expiresAt);

/** What is wrong with an answer; null where it fits its question. */
export function answerProblem({ kind, choices, allowOther }: QuestionState, answer: unknown): string | null {
  if (kind === 'confirm') return typeof answer === 'boolean' ? null : 'the answer must be true or false';
  if (typeof answer !== 'string') return 'the answer must be a text';
  const free = kind === 'text' || choices === null || allowOther;
  return free || choices.includes(answer) ? null : `the answer must be one of: ${choices.join(', ')}`;
}

/** The deadline counts by the coordinator's clock; one that is no time at all is dropped. */
export function withDeadline(
  asked: EventData['executor.question.asked'],
  now: number,
): EventData['executor.question.asked'] {
  const { expiresInMs, expiresAt, ...question } = asked;
  const at = expiresInMs === undefined ? Date.parse(expiresAt ?? '') : now + expiresInMs;
  return Number.isNaN(at) ? question : { ...question, expiresAt: timestampOf(at) };
}

/** An expired question takes its default, or fails its step for good. */
export function expire(unfolding: Unfolding, question: QuestionState): void {
  const { requestId, managed } = unfolding.state;
  const { questionId, stepId } = question;
  const hasDefault = question.default !== undefined;
  const data = {
    questionId,
    ...(stepId === null ? {} : { stepId }),
    ...(hasDefault ? { answer: question.default } : {}),
  };
  unfolding.say('question.expired', agents.coordinator, data, { name: [questionId, 'expired'] });
  if (!managed) {
    // Its agent may wait for an answer and nothing else.
    if (hasDefault)
      unfolding.command({ type: 'request.feedback', body: { requestId, questionId, answer: question.default } });
    return;
  }
  const { steps } = unfolding.state;
  const step = stepId === null ? undefined : steps[indexOfStep(steps, stepId)];
  if (hasDefault || step?.status !== 'waiting') return;
  const error = { code: 'question_expired', message: `nobody answered: ${question.prompt}` };
  const { id, order, tool, attempt } = step;
  unfolding.say(
    'executor.step.progress',
    agents.coordinator,
    { stepId: id, stepOrder: order, tool, attempt, status: 'failed', error, willRetry: false },
    { name: [id, attempt, 'question-expired'] },
  );
  stepSettled(unfolding, id);
}
