import type { EventData, LogEvent } from '@stepwire/protocol';
import { derive } from './derive.ts';
import { type AnswerState, type Draft, LIST_CAP } from './state.ts';
import { indexOfStep, nextAttempt } from './step.ts';

/** The step parks: no process and no message waits for the person (design §5). */
export function questionAsked(next: Draft, data: EventData['executor.question.asked'], event: LogEvent): void {
  if (next.questions.length >= LIST_CAP || next.questions.some(({ questionId }) => questionId === data.questionId))
    return;
  next.questions = [
    ...next.questions,
    {
      questionId: data.questionId,
      stepId: data.stepId ?? null,
      prompt: data.prompt,
      kind: data.kind,
      choices: data.choices ?? null,
      allowOther: data.allowOther ?? false,
      ...(data.default === undefined ? {} : { default: data.default }),
      askedAt: event.timestamp,
      expiresAt: data.expiresAt ?? null,
    },
  ];
  const index = data.stepId === undefined ? -1 : indexOfStep(next.steps, data.stepId);
  const step = next.steps[index];
  if (step?.status === 'running') next.steps = next.steps.with(index, { ...step, status: 'waiting', instance: null });
  derive(next);
}

export function questionAnswered(next: Draft, data: EventData['question.answered']): void {
  const { questionId, answer, answeredBy } = data;
  close(next, { questionId, stepId: data.stepId ?? null, answer, answeredBy, expired: false });
}

export function questionExpired(next: Draft, data: EventData['question.expired']): void {
  const { questionId, answer } = data;
  close(next, {
    questionId,
    stepId: data.stepId ?? null,
    ...(answer === undefined ? {} : { answer }),
    answeredBy: null,
    expired: true,
  });
}

function close(next: Draft, closed: AnswerState): void {
  const question = next.questions.find(({ questionId }) => questionId === closed.questionId);
  if (question === undefined) return;
  next.questions = next.questions.filter((open) => open !== question);
  next.answers = [...next.answers, { ...closed, stepId: question.stepId }].slice(-LIST_CAP);
  const index = question.stepId === null ? -1 : indexOfStep(next.steps, question.stepId);
  const step = next.steps[index];
  // Without an answer the step stays parked: a managed one fails with the next event, an observed one is its agent's.
  if (step?.status === 'waiting' && closed.answer !== undefined) {
    const after = next.managed ? nextAttempt(step, 'ready', null) : { ...step, status: 'running' as const };
    next.steps = next.steps.with(index, after);
  }
  derive(next);
}
