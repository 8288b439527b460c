import Type, { type Static, type TSchema } from 'typebox';
import { Id, Plan } from './plan.ts';

/**
 * The event types of design §4, schema first. Unknown members are kept everywhere; a type that is not in
 * {@link eventData} passes through as it is.
 */
const Text = Type.String();
const Ms = Type.Number({ minimum: 0, description: 'milliseconds' });
const Attempt = Type.Integer({
  minimum: 1,
  description: 'fencing number; required from executors of managed requests',
});
const StepOrder = Type.Integer({ minimum: 1, description: 'place in the plan, from 1' });
const Time = Type.String({ format: 'date-time' });
const Percent = Type.Number({ minimum: 0, maximum: 100 });

export const Usage = Type.Object({
  inputTokens: Type.Integer({ minimum: 0 }),
  outputTokens: Type.Integer({ minimum: 0 }),
});
export const Failure = Type.Object({ code: Type.Optional(Text), message: Text });
/** A result that travels by reference: `GET …/artifacts/:blobId`, or the blob store agents share. */
export const BlobRef = Type.Object({ blobId: Id, bytes: Type.Integer({ minimum: 0 }), mediaType: Text });

export type Usage = Static<typeof Usage>;
export type Failure = Static<typeof Failure>;
export type BlobRef = Static<typeof BlobRef>;

export const StepStatus = Type.Union([
  Type.Literal('running'),
  Type.Literal('completed'),
  Type.Literal('failed'),
  Type.Literal('skipped'),
]);
export const QuestionKind = Type.Union([Type.Literal('text'), Type.Literal('choice'), Type.Literal('confirm')]);

const phase = Type.Object({
  phaseId: Id,
  phaseName: Type.Optional(Text),
  phaseIndex: Type.Optional(Type.Integer({ minimum: 0 })),
});
const end = { durationMs: Type.Optional(Ms), usage: Type.Optional(Usage) };
const failed = {
  message: Text,
  code: Type.Optional(Text),
  step: Type.Optional(Type.Union([StepOrder, Id])),
};

export const eventData = {
  'request.accepted': Type.Object({
    userQuery: Text,
    context: Type.Optional(Type.Object({})),
    userId: Type.Optional(Id),
  }),
  'planner.plan.created': Type.Object({ plan: Plan, attempt: Type.Optional(Attempt) }),
  'agent.phase.started': phase,
  'agent.phase.completed': phase,
  'agent.progress': Type.Object({
    percent: Type.Optional(Percent),
    stage: Type.Optional(Text),
    message: Type.Optional(Text),
    attempt: Type.Optional(Attempt),
    /** given by the coordinator: who claimed the planning */
    instance: Type.Optional(Id),
  }),
  'agent.thinking': Type.Object({ thought: Text, iteration: Type.Optional(Type.Integer()), stepId: Type.Optional(Id) }),
  'executor.step.progress': Type.Object({
    stepId: Type.Optional(Id),
    stepOrder: Type.Optional(StepOrder),
    step: Type.Optional(
      Type.Union([StepOrder, Id], { description: 'what agents outside this repo say instead of stepOrder' }),
    ),
    status: StepStatus,
    tool: Type.Optional(Text),
    attempt: Type.Optional(Attempt),
    percent: Type.Optional(Percent),
    message: Type.Optional(Text),
    result: Type.Optional(Type.Unknown()),
    resultRef: Type.Optional(BlobRef),
    error: Type.Optional(Type.Union([Failure, Text])),
    willRetry: Type.Optional(Type.Boolean({ description: 'given by the coordinator: another attempt follows' })),
    retryable: Type.Optional(Type.Boolean({ description: 'false: the executor knows that a repeat is of no use' })),
    instance: Type.Optional(Id),
    durationMs: Type.Optional(Ms),
    usage: Type.Optional(Usage),
  }),
  'executor.step.output': Type.Object({ stepId: Id, delta: Text, attempt: Type.Optional(Attempt) }),
  'executor.tool.started': Type.Object({
    stepId: Type.Optional(Id),
    toolCallId: Id,
    toolName: Text,
    input: Type.Optional(Type.Unknown()),
    attempt: Type.Optional(Attempt),
  }),
  'executor.tool.completed': Type.Object({
    stepId: Type.Optional(Id),
    toolCallId: Id,
    toolName: Text,
    output: Type.Optional(Type.Unknown()),
    error: Type.Optional(Type.Union([Failure, Text])),
    durationMs: Type.Optional(Ms),
    attempt: Type.Optional(Attempt),
  }),
  'executor.question.asked': Type.Object({
    questionId: Id,
    stepId: Type.Optional(Id),
    prompt: Text,
    kind: QuestionKind,
    choices: Type.Optional(Type.Array(Text, { minItems: 1, maxItems: 100 })),
    /** a `choice` that also takes free text */
    allowOther: Type.Optional(Type.Boolean()),
    default: Type.Optional(Type.Unknown()),
    expiresAt: Type.Optional(Time),
    /** from the agent; the coordinator turns it into `expiresAt` with its own clock */
    expiresInMs: Type.Optional(Ms),
    attempt: Type.Optional(Attempt),
  }),
  'question.answered': Type.Object({
    questionId: Id,
    stepId: Type.Optional(Id),
    answer: Type.Unknown(),
    answeredBy: Text,
  }),
  'question.expired': Type.Object({
    questionId: Id,
    stepId: Type.Optional(Id),
    /** the default that was taken; absent: the step fails */
    answer: Type.Optional(Type.Unknown()),
  }),
  'executor.artifact.created': Type.Object({
    artifactId: Id,
    name: Text,
    mediaType: Text,
    bytes: Type.Integer({ minimum: 0 }),
    stepId: Type.Optional(Id),
    attempt: Type.Optional(Attempt),
  }),
  'document.indexed': Type.Object({ documentId: Id, chunks: Type.Optional(Type.Integer({ minimum: 0 })) }),
  'search.completed': Type.Object({ query: Text, hits: Type.Integer({ minimum: 0 }) }),
  'agent.completed': Type.Object({
    result: Type.Optional(Type.Unknown()),
    resultRef: Type.Optional(BlobRef),
    ...end,
  }),
  'agent.failed': Type.Object({
    ...failed,
    /** with `step: "plan"` in a managed request: the planner's attempt has failed */
    attempt: Type.Optional(Attempt),
    retryable: Type.Optional(Type.Boolean({ description: 'false: the agent knows that a repeat is of no use' })),
  }),
  'request.cancelling': Type.Object({ by: Text, reason: Type.Optional(Text) }),
  'request.stalled': Type.Object({ lastEventAt: Time }),
  'request.resumed': Type.Object({ lastEventAt: Time }),
  'request.completed': Type.Object({
    result: Type.Optional(Type.Unknown()),
    resultRef: Type.Optional(BlobRef),
    ...end,
  }),
  'request.failed': Type.Object(failed),
  'request.cancelled': Type.Object({
    by: Type.Optional(Text),
    reason: Type.Optional(Text),
    forced: Type.Optional(Type.Boolean()),
  }),
} as const satisfies Record<string, TSchema>;

export type EventType = keyof typeof eventData;
export type EventData = { [K in EventType]: Static<(typeof eventData)[K]> };

/** What publishers of `agent.events` give at the least (design §4). */
export const Envelope = Type.Object({
  id: Type.Optional(Id),
  type: Type.String({ minLength: 1, maxLength: 200, description: 'also the routing key' }),
  requestId: Id,
  agent: Type.Optional(Type.String({ minLength: 1 })),
  /** ISO 8601; without a zone it is UTC */
  timestamp: Type.Optional(Type.String()),
  data: Type.Optional(Type.Object({})),
});
