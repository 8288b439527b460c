import { waitFor } from '@stepwire/testing';
import { Follower } from '../../crowd/follower.ts';
import type { Publisher } from '../../publisher.ts';
import type { Client } from '../../storm/managed.ts';

/** one that nobody answers (ms) */
const EXPIRES_MS = 3_000;
/** one that is answered, though the clocks may say that its time is over (ms) */
const ANSWERABLE_MS = 60_000;
/** the coordinators look for timers of others every second; a busy machine is late (ms) */
const LATE_MS = 5_000;
const ENDS_WITHIN_MS = 30_000;

/** Questions to a person: whether their time is over is for one clock to say, the database's. */
export class Questions {
  readonly broken: string[] = [];
  answered = 0;
  expired = 0;
  /** from the question to its expiry, the shortest and the longest (ms) */
  soonestMs = Number.POSITIVE_INFINITY;
  latestMs = 0;
  readonly #publisher: Publisher;
  readonly #client: Client;
  readonly #url: string;

  constructor(publisher: Publisher, client: Client, url: string) {
    this.#publisher = publisher;
    this.#client = client;
    this.#url = url;
  }

  /** One that is answered, one that is not. */
  async ask(requestId: string): Promise<void> {
    const at = new Map<string, number>();
    const follower = new Follower({
      url: this.#url,
      requestId,
      onEvent: ({ type, data }) => void at.set(`${type} ${Reflect.get(Object(data), 'questionId')}`, performance.now()),
    });
    const seen = (what: string) => waitFor(() => at.get(what), { timeoutMs: ENDS_WITHIN_MS, what });
    try {
      await waitFor(() => follower.joins > 0, { timeoutMs: ENDS_WITHIN_MS, what: `${requestId} to be watched` });
      for (const [questionId, expiresInMs] of [
        ['answered', ANSWERABLE_MS],
        ['left', EXPIRES_MS],
      ] as const)
        await this.#publisher.publish({
          id: `${requestId}/${questionId}`,
          type: 'executor.question.asked',
          requestId,
          agent: 'chaos',
          timestamp: new Date().toISOString(),
          data: { questionId, stepId: 's', prompt: 'go on?', kind: 'confirm', expiresInMs },
        });
      const askedAt = await seen('executor.question.asked left');
      const body = { requestId, questionId: 'answered', answer: true };
      const givenUpAt = performance.now() + ENDS_WITHIN_MS;
      const answer = await this.#client.command('feedback', body, () => performance.now() > givenUpAt);
      if (answer?.ok === true) this.answered += 1;
      else this.broken.push(`${requestId}: an answer in time got ${JSON.stringify(answer)}`);
      const tookMs = (await seen('question.expired left')) - askedAt;
      this.expired += 1;
      this.soonestMs = Math.min(this.soonestMs, tookMs);
      this.latestMs = Math.max(this.latestMs, tookMs);
      // an answer that no agent is there for waits until its request has ended
      await this.#publisher.publish({
        id: `${requestId}/end`,
        type: 'request.completed',
        requestId,
        agent: 'chaos',
        timestamp: new Date().toISOString(),
        data: { result: {} },
      });
      if (at.has('question.expired answered')) this.broken.push(`${requestId}: expired though it was answered`);
    } catch (error) {
      this.broken.push(`${requestId}: ${error instanceof Error ? error.message : error}`);
    } finally {
      this.broken.push(...follower.broken);
      follower.close();
    }
  }

  /** what is wrong with when they expired */
  untimely(): readonly string[] {
    // its event is committed at once with the timer, and told after: it may seem a little shorter than it was
    const tooSoon =
      this.soonestMs < EXPIRES_MS - 500 ? [`a question expired after ${this.soonestMs.toFixed(0)} ms`] : [];
    const tooLate =
      this.latestMs > EXPIRES_MS + LATE_MS ? [`a question expired only after ${this.latestMs.toFixed(0)} ms`] : [];
    return [...tooSoon, ...tooLate];
  }
}
