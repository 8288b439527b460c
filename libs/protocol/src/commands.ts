import Type, { type Static } from 'typebox';
import { BlobRef } from './events.ts';
import { Id, PlanStep } from './plan.ts';
import { routingKeys } from './topology.ts';

/** Commands on `agent.commands` (design §4), keyed by routing key. */
const Attempt = Type.Integer({ minimum: 1 });

/** What a step that others depend on came to: `result` is null where it was skipped or failed though optional. */
export const StepInput = Type.Object({
  status: Type.Union([Type.Literal('completed'), Type.Literal('skipped'), Type.Literal('failed')]),
  result: Type.Unknown(),
  resultRef: Type.Optional(BlobRef),
  reason: Type.Optional(Type.String()),
});

export const PlanCreate = Type.Object({
  requestId: Id,
  userQuery: Type.String(),
  context: Type.Object({}),
  attempt: Attempt,
});
export const StepExecute = Type.Object({
  requestId: Id,
  step: PlanStep,
  /** by stepId */
  inputs: Type.Record(Type.String(), StepInput),
  /** by questionId: what the step asked before and was answered */
  answers: Type.Record(Type.String(), Type.Unknown()),
  attempt: Attempt,
  /** a failure of this attempt is final */
  lastAttempt: Type.Boolean(),
});
export const RequestCancel = Type.Object({ requestId: Id, by: Type.String(), reason: Type.Optional(Type.String()) });
export const RequestFeedback = Type.Object({ requestId: Id, questionId: Id, answer: Type.Unknown() });

export type StepInput = Static<typeof StepInput>;
export type PlanCreate = Static<typeof PlanCreate>;
export type StepExecute = Static<typeof StepExecute>;
export type RequestCancel = Static<typeof RequestCancel>;
export type RequestFeedback = Static<typeof RequestFeedback>;

export const commands = {
  [routingKeys.planCreate]: PlanCreate,
  [routingKeys.stepExecute]: StepExecute,
  [routingKeys.requestCancel]: RequestCancel,
  [routingKeys.requestFeedback]: RequestFeedback,
} as const;

/** A command with the routing key it goes out under. */
export type Command =
  | { readonly type: 'plan.create'; readonly body: PlanCreate }
  | { readonly type: 'step.execute'; readonly body: StepExecute }
  | { readonly type: 'request.cancel'; readonly body: RequestCancel }
  | { readonly type: 'request.feedback'; readonly body: RequestFeedback };
