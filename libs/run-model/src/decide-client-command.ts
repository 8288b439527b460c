import { agents } from '@stepwire/protocol';
import { conclude } from './conclude.ts';
import type { Decision, Input, Rejection } from './decision.ts';
import { answerProblem, expire, isOverdue } from './question.ts';
import { rejected } from './rejection.ts';
import { resume } from './stall.ts';
import { isFinished } from './state.ts';
import type { Unfolding } from './unfolding.ts';

type Of<K extends Input['kind']> = Extract<Input, { kind: K }>;

export function decideStart(unfolding: Unfolding, input: Of<'start'>): Decision | Rejection {
  const { seq, requestId, managed, userId, status } = unfolding.state;
  const { commandId, userQuery, context } = input;
  if (seq === 0) {
    const data = { userQuery, context, userId: input.userId };
    return unfolding.say('request.accepted', agents.gateway, data, { id: commandId }).decision();
  }
  if (!managed) return rejected('conflict', `${requestId} is driven by another program; it is ${status}`);
  if (userId !== input.userId) return rejected('request_id_taken', `${requestId} belongs to somebody else's request`);
  // Whoever asks decides whether this is the same start again: `created: false`.
  return rejected('conflict', `${requestId} was started before; it is ${status}`);
}

export function decideCancel(unfolding: Unfolding, input: Of<'cancel'>): Decision | Rejection {
  const { seq, requestId, status } = unfolding.state;
  if (seq === 0) return rejected('not_found', `there is no request ${requestId}`);
  if (isFinished(status)) return rejected('already_finished', `${requestId} is ${status}`);
  // Cancelling twice is the same as once.
  if (status === 'cancelling') return unfolding.decision();
  const data = { by: input.by, ...(input.reason === undefined ? {} : { reason: input.reason }) };
  unfolding.say('request.cancelling', agents.gateway, data, { id: input.commandId });
  unfolding.command({ type: 'request.cancel', body: { requestId, ...data } });
  conclude(unfolding);
  return unfolding.decision();
}

export function decideAnswer(unfolding: Unfolding, input: Of<'answer'>): Decision | Rejection {
  const { seq, requestId, status, questions, answers, managed } = unfolding.state;
  const { questionId, answer, by, commandId } = input;
  if (seq === 0) return rejected('not_found', `there is no request ${requestId}`);
  const closed = answers.find((known) => known.questionId === questionId);
  if (closed?.expired === true) return rejected('expired', `question ${questionId} has expired`);
  if (closed !== undefined) {
    return rejected('already_answered', `question ${questionId} was answered by ${closed.answeredBy}`);
  }
  if (isFinished(status)) return rejected('already_finished', `${requestId} is ${status}`);
  if (status === 'cancelling') return rejected('conflict', `${requestId} is cancelling`);
  const question = questions.find((open) => open.questionId === questionId);
  if (question === undefined) return rejected('not_found', `${requestId} has no question ${questionId}`);
  if (isOverdue(question, unfolding.now)) {
    // The timer is late: first what should have happened, and then the answer comes too late.
    expire(unfolding, question);
    return unfolding.decision({ code: 'expired', message: `question ${questionId} has expired` });
  }
  const problem = answerProblem(question, answer);
  if (problem !== null) return rejected('bad_request', problem, '/answer');
  resume(unfolding);
  const { stepId } = question;
  const data = { questionId, ...(stepId === null ? {} : { stepId }), answer, answeredBy: by };
  unfolding.say('question.answered', agents.gateway, data, { id: commandId });
  if (!managed) unfolding.command({ type: 'request.feedback', body: { requestId, questionId, answer } });
  return unfolding.decision();
}
