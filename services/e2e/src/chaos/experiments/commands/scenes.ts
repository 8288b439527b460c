import { setTimeout as delay } from 'node:timers/promises';
import type { ObservedAgent } from './observed-agent.ts';
import type { Commanded } from './request.ts';

/** How a request is commanded; it may end in any way that the rules allow. Resolves when all its commands were answered. */
export interface Scene {
  readonly name: string;
  /** of so many as all weights together */
  readonly weight: number;
  play(request: Commanded): Promise<void>;
}

const step = (action: string, input: object = {}, ...dependsOn: string[]) => ({ action, input, dependsOn });
const running = (stepId: string) => (event: { readonly data: Readonly<Record<string, unknown>> }) =>
  event.data.stepId === stepId && event.data.status === 'running';

/** as the coordinator's default for the delay before a first repeat (ms) */
const RETRY_DELAY_MS = 1_000;

export const scenes: readonly Scene[] = [
  {
    name: 'nothing but a start',
    weight: 2,
    play: (request) => request.start([step('echo'), step('echo', {}, 's1'), step('echo', {}, 's1')]),
  },
  {
    name: 'a cancel beside the start',
    weight: 1,
    async play(request) {
      await Promise.all([request.start([step('wait', { ms: 300 })]), request.cancel()]);
    },
  },
  {
    name: 'a cancel before the plan',
    weight: 2,
    async play(request) {
      const started = request.start([step('wait', { ms: 300 })]);
      await request.event(({ type }) => type === 'request.accepted');
      await Promise.all([started, request.cancel()]);
    },
  },
  {
    name: 'a cancel at the moment of completion',
    weight: 4,
    async play(request) {
      const started = request.start([step('echo', { ms: request.random.between(0, 20) })]);
      await request.event(running('s1'));
      await delay(request.random.between(0, 40));
      await Promise.all([started, request.cancel()]);
    },
  },
  {
    name: 'a cancel while steps run',
    weight: 1,
    async play(request) {
      const started = request.start([step('wait', { ms: 60_000 }), step('wait', { ms: 50 }), step('echo', {}, 's1')]);
      await request.event(running('s1'));
      await Promise.all([started, request.cancel()]);
    },
  },
  {
    name: 'a cancel in a retry delay',
    weight: 2,
    async play(request) {
      const started = request.start([step('fail', { times: 1 })]);
      await request.event(({ data }) => data.status === 'failed' && data.willRetry === true);
      // it may meet the moment in which the next attempt is handed out
      await delay(request.random.between(0, RETRY_DELAY_MS + 50));
      await Promise.all([started, request.cancel()]);
    },
  },
  {
    name: 'answers',
    weight: 4,
    async play(request) {
      const questions = request.random.between(1, 2);
      const started = request.start([step('ask', { questions }), step('echo', {}, 's1')]);
      for (let number = 1; number <= questions; number += 1) {
        const questionId = await request.question(number);
        if (questionId !== undefined) await request.feedback(questionId);
      }
      await started;
    },
  },
  {
    name: 'a cancel while a question is open',
    weight: 1,
    async play(request) {
      const started = request.start([step('ask')]);
      await request.question();
      await Promise.all([started, request.cancel()]);
    },
  },
  {
    name: 'an answer against a cancel',
    weight: 3,
    async play(request) {
      const started = request.start([step('ask'), step('echo', {}, 's1')]);
      const questionId = await request.question();
      const answered = questionId === undefined ? undefined : request.feedback(questionId);
      await delay(request.random.between(0, 10));
      await Promise.all([started, answered, request.cancel()]);
    },
  },
  {
    name: 'an answer against the expiry',
    weight: 3,
    async play(request) {
      const expiresInMs = request.random.between(100, 600);
      const fallback = request.random.chance(0.5) ? { default: 'nothing was said' } : {};
      const started = request.start([step('ask', { expiresInMs, ...fallback })]);
      const questionId = await request.question();
      await delay(Math.max(0, expiresInMs + request.random.between(-60, 30)));
      await Promise.all([started, questionId === undefined ? undefined : request.feedback(questionId)]);
    },
  },
];

/** Played while no executor runs. */
export const withoutExecutors: readonly Scene[] = [
  { name: 'a start without executors', weight: 1, play: (request) => request.start([step('echo')]) },
  {
    name: 'a cancel without executors',
    weight: 1,
    async play(request) {
      const started = request.start([step('echo')]);
      await request.event(({ type }) => type === 'planner.plan.created');
      await Promise.all([started, request.cancel()]);
    },
  },
];

/** Requests of an agent that waits for a cancel or an answer and ends only then. */
export const observedScenes = (agent: ObservedAgent): readonly Scene[] => {
  const ask = (request: Commanded) =>
    agent.publish(request.requestId, 'asked', 'executor.question.asked', {
      questionId: `${request.requestId}/q`,
      prompt: 'well?',
      kind: 'text',
    });
  return [
    {
      name: 'a cancel of an observed request',
      weight: 2,
      async play(request) {
        await agent.publish(request.requestId, 'progress', 'agent.progress', { percent: 10, stage: 'reading' });
        await request.event(() => true);
        await request.cancel();
      },
    },
    {
      name: 'answers to an observed request',
      weight: 2,
      async play(request) {
        await ask(request);
        const questionId = await request.question();
        if (questionId !== undefined) await request.feedback(questionId);
      },
    },
    {
      name: 'an answer to an observed request against a cancel',
      weight: 1,
      async play(request) {
        await ask(request);
        const questionId = await request.question();
        await Promise.all([questionId === undefined ? undefined : request.feedback(questionId), request.cancel()]);
      },
    },
  ];
};

/** The same again, when the request has ended. */
export async function again(request: Commanded): Promise<void> {
  const [asked] = request.feedbacks;
  await Promise.all([
    request.starts.length > 0 ? request.startAgain() : undefined,
    request.cancel(),
    asked === undefined ? undefined : request.feedback(asked.questionId),
  ]);
}
