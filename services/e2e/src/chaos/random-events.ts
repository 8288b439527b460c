import { type EventType, eventId } from '@stepwire/protocol';
import type { Publication } from './publisher.ts';
import type { Random } from './random.ts';

/** Few ids, so that events meet; among them names that objects have by nature. */
const ids = ['a', 'b', 'c', 'plan', '2', 'constructor', '__proto__', 'ünï 😀', '~'];
const texts = ['', 'x', 'lease_lost', 'a\0b', '\ud800', '\u2028\u2029', '"\\\n', '<é>', 'progress', '𝕊'.repeat(500)];
const keys = ['x', '10', '1', '', 'constructor', 'toString', 'hasOwnProperty', 'seq', 'id', 'a b', '\0', '\udfff', 'é'];
const numbers = [0, -0, 1, -1, 0.1 + 0.2, 1e21, 1e-7, 2 ** 53, 2 ** 63, -1.7e308, 5e-324, 1 / 3, 4_294_967_296];
const unknownTypes = [
  'my.own',
  'constructor',
  '__proto__',
  'toString',
  'request.',
  'state',
  'events',
  'disconnect',
  'a b',
];
const times = [
  '2026-01-01T00:00:00.000Z',
  '1970-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '0001-01-01T00:00:00.000Z',
];

type Make = (random: Random) => object;
const id = (random: Random): string => random.pick(ids);
const text = (random: Random): string => random.pick(texts);

/** Any JSON value, nested at most `depth` deep. */
export function anyJson(random: Random, depth: number): unknown {
  const kind = random.between(0, depth > 0 ? 6 : 4);
  if (kind === 0) return null;
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) return random.pick(numbers);
  if (kind <= 4) return text(random);
  const size = random.between(0, 3);
  if (kind === 5) return Array.from({ length: size }, () => anyJson(random, depth - 1));
  return Object.fromEntries(Array.from({ length: size }, () => [random.pick(keys), anyJson(random, depth - 1)]));
}

/** Some of the members, each now and then. */
const some = (random: Random, members: Record<string, Make | ((random: Random) => unknown)>): object =>
  Object.fromEntries(
    Object.entries(members).flatMap(([name, make]) => (random.chance(0.4) ? [[name, make(random)]] : [])),
  );

const failure = (random: Random): unknown =>
  random.chance(0.5) ? text(random) : { message: text(random), ...some(random, { code: text }) };
const usage = (random: Random) => ({ inputTokens: random.between(0, 9), outputTokens: random.between(0, 9) });
const order = (random: Random): number => random.between(1, 4);
const step = (random: Random): unknown => (random.chance(0.5) ? order(random) : id(random));
const attempt = (random: Random): number => random.between(1, 3);
const percent = (random: Random): number => random.next() * 100;
const ms = (random: Random): number => random.pick([0, 0.5, 12, 1e12, 1.7e308]);
const value = (random: Random): unknown => anyJson(random, 3);
const ref = (random: Random) => ({ blobId: id(random), bytes: random.between(0, 2 ** 31), mediaType: text(random) });

function plan(random: Random): object {
  const names = random.chance(0.7) ? ['a', 'b', 'c'] : ['2', 'constructor', '__proto__', 'a'];
  const phases = ['p', 'q'].map((name) => ({ id: name, name: text(random) }));
  const steps = names.slice(0, random.between(1, names.length)).map((name, i) => ({
    ...{ id: name, order: i + 1, title: text(random), action: 'tool' },
    ...some(random, {
      input: value,
      dependsOn: () => names.slice(0, i),
      phaseId: () => random.pick(['p', 'q']),
      optional: () => random.chance(0.5),
      maxAttempts: attempt,
      more: value,
    }),
  }));
  return { goal: text(random), ...some(random, { phases: () => phases }), steps };
}

const stepProgress: Make = (random) => ({
  status: random.pick(['running', 'completed', 'failed', 'skipped']),
  ...some(random, {
    ...{
      stepId: id,
      stepOrder: order,
      step,
      tool: text,
      attempt,
      percent,
      message: text,
      result: value,
      resultRef: ref,
    },
    ...{ error: failure, willRetry: () => random.chance(0.5), instance: id, durationMs: ms, usage, more: value },
  }),
});

const makers: Partial<Record<EventType, Make>> = {
  'planner.plan.created': (random) => ({ plan: plan(random), ...some(random, { attempt }) }),
  'agent.phase.started': (random) => ({ phaseId: id(random), ...some(random, { phaseName: text }) }),
  'agent.phase.completed': (random) => ({ phaseId: id(random) }),
  'agent.progress': (random) => some(random, { percent, stage: text, message: text, instance: id, more: value }),
  'agent.thinking': (random) => ({ thought: text(random), ...some(random, { stepId: id, more: value }) }),
  'executor.step.progress': stepProgress,
  'executor.step.output': (random) => ({ stepId: id(random), delta: text(random), ...some(random, { attempt }) }),
  'executor.tool.started': (random) => ({
    toolCallId: id(random),
    toolName: text(random),
    ...some(random, { input: value }),
  }),
  'executor.tool.completed': (random) => ({
    ...{ toolCallId: id(random), toolName: text(random) },
    ...some(random, { output: value, error: failure, durationMs: ms }),
  }),
  'executor.question.asked': (random) => ({
    ...{ questionId: id(random), prompt: text(random), kind: random.pick(['text', 'choice', 'confirm']) },
    ...some(random, { stepId: id, choices: () => ['x', 'y'], allowOther: () => true, default: value, more: value }),
  }),
  'question.answered': (random) => ({
    ...{ questionId: id(random), answer: value(random), answeredBy: text(random) },
    ...some(random, { stepId: id }),
  }),
  'question.expired': (random) => ({ questionId: id(random), ...some(random, { answer: value }) }),
  'executor.artifact.created': (random) => ({
    ...{ artifactId: id(random), name: text(random), mediaType: text(random), bytes: random.between(0, 1_000) },
    ...some(random, { stepId: id }),
  }),
  'document.indexed': (random) => ({ documentId: id(random) }),
  'search.completed': (random) => ({ query: text(random), hits: random.between(0, 9) }),
  'agent.completed': (random) => some(random, { result: value, usage, durationMs: ms }),
  'agent.failed': (random) => ({ message: text(random), ...some(random, { code: text, step }) }),
  'request.accepted': (random) => ({ userQuery: text(random), ...some(random, { context: () => ({ a: 1 }) }) }),
};
const entries = Object.entries(makers);

const ends: readonly (readonly [EventType, Make])[] = [
  ['request.completed', (random) => some(random, { result: value, resultRef: ref, usage, durationMs: ms })],
  ['request.failed', (random) => ({ message: text(random), ...some(random, { code: text, step }) })],
  ['request.cancelled', (random) => some(random, { by: text, reason: text })],
];

/** An event that an agent outside may publish: legal by its schema, and otherwise whatever it likes. */
export function anyEvent(requestId: string, n: number, random: Random): Publication {
  if (random.chance(0.1))
    return event(requestId, n, random.pick(unknownTypes), { x: anyJson(random, random.pick([2, 25])) }, random);
  const [type, make] = random.pick(entries);
  return event(requestId, n, type, make(random), random);
}

/** An event that ends an observed request. */
export function anyEnd(requestId: string, n: number, random: Random): Publication {
  const [type, make] = random.pick(ends);
  return event(requestId, n, type, make(random), random);
}

const event = (requestId: string, n: number, type: string, data: object, random: Random): Publication => ({
  ...{ id: eventId(requestId, n), type, requestId, agent: random.pick(['x', 'my agent', 'constructor', 'ä']) },
  ...{ timestamp: random.pick(times), data },
});
