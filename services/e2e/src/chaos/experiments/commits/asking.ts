import { randomUUID } from 'node:crypto';
import { waitFor } from '@stepwire/testing';
import type { Random } from '../../random.ts';
import type { Client } from '../../storm/managed.ts';
import { Watcher } from '../../watcher.ts';

const quick = (order: number) => ({ id: `w${order}`, order, title: 'wait', action: 'wait', input: { ms: 10 * order } });
const ANSWER = 'my bank';
/** never, in a run; but there is a timer for it (ms) */
const EXPIRES_IN_MS = 3_600_000;
const LOOK_EVERY_MS = 50;

/** One request with quick steps, one that fails at first, and one that asks a person: the answer goes out twice, and takes effect once. */
export class Asking {
  readonly requestId = `asking-${randomUUID()}`;
  readonly watcher: Watcher;
  readonly #client: Client;

  constructor(client: Client, random: Random, urls: readonly string[]) {
    const { requestId } = this;
    this.#client = client;
    this.watcher = new Watcher({ urls, requestId, dialect: 'log', random, restless: true });
  }

  /** Resolves when the request has ended, or `stopped`. */
  async run(stopped: () => boolean): Promise<void> {
    const { requestId, watcher } = this;
    const look = { timeoutMs: 600_000, everyMs: LOOK_EVERY_MS };
    await waitFor(() => watcher.startedAt !== undefined || stopped(), look);
    const steps = [
      ...[1, 2, 3].map((order) => ({ ...quick(order), dependsOn: order > 1 ? [`w${order - 1}`] : [] })),
      { id: 'flaky', order: 4, title: 'fail once', action: 'fail', dependsOn: ['w1'], input: { times: 1 } },
      { id: 'who', order: 5, title: 'ask', action: 'ask', dependsOn: ['w1'], input: { expiresInMs: EXPIRES_IN_MS } },
    ];
    const start = { requestId, userQuery: 'chaos', context: { plan: { goal: 'chaos', steps } } };
    await this.#client.command('start', start, stopped);
    const asked = () => watcher.seen.find(({ type }) => type === 'executor.question.asked');
    await waitFor(() => asked() !== undefined || watcher.endedAt !== undefined || stopped(), look);
    const feedback = { requestId, questionId: asked()?.data.questionId, answer: ANSWER };
    await Promise.all([1, 2].map(() => this.#client.command('feedback', feedback, stopped)));
    await waitFor(() => watcher.endedAt !== undefined || stopped(), look);
  }

  complaints(): string[] {
    const { watcher } = this;
    const answers = watcher.seen.filter(({ type }) => type === 'question.answered');
    const broken = watcher.broken.map((what) => `${watcher.name}: ${what}`);
    if (answers.length !== 1 || answers[0]?.data.answer !== ANSWER)
      broken.push(`${this.requestId}: answered with ${JSON.stringify(answers.map(({ data }) => data.answer))}`);
    const last = watcher.seen.at(-1);
    if (last?.type !== 'request.completed')
      broken.push(`${this.requestId}: ends with ${last?.type} ${JSON.stringify(last?.data)}`);
    return [...broken, ...watcher.log.settle(), ...watcher.log.leftOver()];
  }
}
