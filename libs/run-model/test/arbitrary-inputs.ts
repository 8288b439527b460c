import { type EventType, eventData, type JsonObject, type ParsedEvent, parseEvent } from '@stepwire/protocol';
import type { Input } from '@stepwire/run-model';
import fc from 'fast-check';
import { REQUEST } from './run.ts';

/** Few ids, so that events meet; among them names that objects have by nature. */
const id = fc.constantFrom('a', 'b', 'c', 'plan', '2', 'constructor', '__proto__');
const text = fc.constantFrom('', 'x', 'lease_lost', 'planning', '😀'.repeat(3_000));
const attempt = fc.integer({ min: 1, max: 3 });
const percent = fc.double({ min: 0, max: 100, noNaN: true });
const ms = fc.oneof(fc.nat(100_000), fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }));
const time = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
  .map((date) => date.toISOString());
/** of an agent whose clock shows anything */
const clock = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
const json = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('__proto__'));
const order = fc.integer({ min: 1, max: 4 });
const failure = fc.oneof(text, fc.record({ message: text, code: text }, { requiredKeys: ['message'] }));
const usage = fc.record({ inputTokens: fc.nat(9), outputTokens: fc.nat(9) });
const resultRef = fc.record({ blobId: id, bytes: fc.nat(), mediaType: text });
const instance = fc.constantFrom('x1', 'x2');

const planStep = fc.record(
  {
    id,
    order,
    title: text,
    action: fc.constant('tool'),
    input: json,
    dependsOn: fc.array(id, { maxLength: 2 }),
    phaseId: id,
    optional: fc.boolean(),
    maxAttempts: attempt,
  },
  { requiredKeys: ['id', 'order', 'title', 'action'] },
);
const plan = fc.record(
  {
    goal: text,
    phases: fc.array(fc.record({ id, name: text }), { maxLength: 2 }),
    steps: fc.oneof(
      fc.array(planStep, { minLength: 1, maxLength: 4 }),
      fc.constant(['a', 'b', 'c'].map((name, i) => ({ id: name, order: i + 1, title: name, action: 'tool' }))),
    ),
  },
  { requiredKeys: ['goal', 'steps'] },
);

type Members = Record<string, fc.Arbitrary<unknown>>;
/** must: required members, may: optional ones */
const object = (must: Members, may: Members = {}): fc.Arbitrary<object> =>
  fc.record({ ...must, ...may }, { requiredKeys: Object.keys(must) });

const failed = [{ message: text }, { code: text, step: fc.oneof(order, id) }] as const;
const tool = { toolCallId: id, toolName: text };
const dataOf: Record<EventType, fc.Arbitrary<object>> = {
  'request.accepted': object(
    { userQuery: text },
    { context: fc.constant({ a: 1 }), userId: fc.constantFrom('ann', 'bob') },
  ),
  'planner.plan.created': object({ plan }, { attempt }),
  'agent.phase.started': object({ phaseId: id }),
  'agent.phase.completed': object({ phaseId: id }),
  'agent.progress': object({}, { percent, stage: text, message: text, attempt, instance }),
  'agent.thinking': object({ thought: text }, { stepId: id, attempt }),
  'executor.step.progress': object(
    { status: fc.constantFrom('running', 'completed', 'failed', 'skipped') },
    {
      stepId: id,
      stepOrder: order,
      step: fc.oneof(order, id),
      tool: text,
      attempt,
      percent,
      message: text,
      result: json,
      resultRef,
      error: failure,
      willRetry: fc.boolean(),
      retryable: fc.boolean(),
      instance,
      durationMs: ms,
      usage,
    },
  ),
  'executor.step.output': object({ stepId: id, delta: text }, { attempt }),
  'executor.tool.started': object(tool, { stepId: id, attempt, input: json }),
  'executor.tool.completed': object(tool, { stepId: id, attempt, output: json, error: failure }),
  'executor.question.asked': object(
    { questionId: id, prompt: text, kind: fc.constantFrom('text', 'choice', 'confirm') },
    {
      stepId: id,
      attempt,
      choices: fc.constant(['x', 'y']),
      allowOther: fc.boolean(),
      default: json,
      expiresAt: time,
      expiresInMs: ms,
    },
  ),
  'question.answered': object({ questionId: id, answer: json, answeredBy: text }, { stepId: id }),
  'question.expired': object({ questionId: id }, { stepId: id, answer: json }),
  'executor.artifact.created': object(
    { artifactId: id, name: text, mediaType: text, bytes: fc.nat() },
    { stepId: id, attempt },
  ),
  'document.indexed': object({ documentId: id }),
  'search.completed': object({ query: text, hits: fc.nat() }),
  'agent.completed': object({}, { result: json, usage, durationMs: ms }),
  'agent.failed': object(failed[0], { ...failed[1], attempt, retryable: fc.boolean() }),
  'request.cancelling': object({ by: text }, { reason: text }),
  'request.stalled': object({ lastEventAt: time }),
  'request.resumed': object({ lastEventAt: time }),
  'request.completed': object({}, { result: json, resultRef, usage, durationMs: ms }),
  'request.failed': object(...failed),
  'request.cancelled': object({}, { by: text, reason: text, forced: fc.boolean() }),
};

const typeNames = Object.keys(eventData).filter((type): type is EventType => type in eventData);
const ends = new Set(['request.completed', 'request.failed', 'request.cancelled', 'request.cancelling']);
const often = typeNames.filter((type) => !ends.has(type));

const known = fc
  .oneof({ weight: 30, arbitrary: fc.constantFrom(...often) }, { weight: 1, arbitrary: fc.constantFrom(...typeNames) })
  .chain((type) => dataOf[type].map((data) => ({ type: type as string, data })));
const unknown = fc.record({
  type: fc.constantFrom('my.own', 'constructor', '__proto__', 'toString', 'request.', 'question.answered.x'),
  data: fc.dictionary(fc.constantFrom('stepId', 'attempt', 'userId', 'x'), json, { maxKeys: 3 }),
});

/** An event that passes its schema, as `parseEvent` gives it. */
export const anyEvent: fc.Arbitrary<ParsedEvent> = fc
  .tuple(
    fc.oneof({ weight: 20, arbitrary: known }, { weight: 1, arbitrary: unknown }),
    fc.constantFrom('planner-agent', 'x', 'gateway', 'coordinator'),
    clock,
  )
  .map(([{ type, data }, agent, timestamp]) => {
    const body: { data: JsonObject } = JSON.parse(JSON.stringify({ data }));
    return parseEvent(JSON.stringify({ id: 'e', type, requestId: REQUEST, agent, timestamp, data: body.data }), {
      now: 0,
    });
  });

interface Given {
  readonly input: Input;
  /** time passes before it */
  readonly laterMs: number;
}
const later = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(0, 10, 20_000) },
  { weight: 1, arbitrary: fc.constant(100_000_000) },
);

export const agentEvent: fc.Arbitrary<Given> = fc
  .tuple(anyEvent, fc.option(fc.constantFrom('ann', ''), { nil: undefined }), later)
  .map(([event, userId, laterMs]) => ({ input: { kind: 'event', event, userId }, laterMs }));

const claim = fc.record({ kind: fc.constant('claim' as const), stepId: id, attempt, instance });
/** Everything that is not an agent's event; claims are frequent, so that much runs. */
export const otherInput: fc.Arbitrary<Given> = fc
  .tuple(
    fc.oneof(
      { weight: 16, arbitrary: claim },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('start' as const),
          commandId: fc.constant('c'),
          userId: fc.constantFrom('ann', 'bob'),
          userQuery: text,
          context: fc.constant({}),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('cancel' as const), commandId: fc.constant('c'), by: text }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('answer' as const),
          commandId: fc.constant('c'),
          by: text,
          questionId: id,
          answer: fc.oneof(json, text, fc.boolean()),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('timer' as const),
          timer: fc.record({
            kind: fc.constantFrom('retry' as const, 'lease' as const, 'question' as const),
            key: id,
            attempt,
          }),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ kind: 'silence' as const }) },
    ),
    later,
  )
  .map(([input, laterMs]) => ({ input, laterMs }));
