import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../random.ts';
import { type Seen, Watcher } from '../../watcher.ts';
import type { Answer, Commander } from './commander.ts';

export type Answers = readonly (Answer | undefined)[];

/** how often a scene looks whether its moment has come (ms) */
const LOOK_EVERY_MS = 4;

/** The reason of a cancel, and the answer to a question, say which of the three sends they are of. */
export const reasonOf = (requestId: string, number: number): string => `cancel ${number} of ${requestId}`;
export const answerOf = (questionId: string, number: number): string => `answer ${number} to ${questionId}`;

/** One request, what was commanded about it and what came of it. */
export class Commanded {
  readonly requestId: string;
  readonly scene: string;
  /** driven by an agent of ours, not by the coordinator */
  readonly observed: boolean;
  readonly watcher: Watcher;
  readonly starts: Answers[] = [];
  readonly cancels: Answers[] = [];
  readonly feedbacks: { readonly questionId: string; readonly answers: Answers }[] = [];
  readonly random: Random;
  readonly stopped: () => boolean;
  readonly #commander: Commander;
  #plan: object = {};

  constructor(
    scene: string,
    commander: Commander,
    random: Random,
    urls: readonly string[],
    stopped: () => boolean,
    observed = false,
  ) {
    this.requestId = `${observed ? 'observed' : 'managed'}-${randomUUID()}`;
    this.observed = observed;
    this.scene = scene;
    this.#commander = commander;
    this.random = random;
    this.stopped = stopped;
    const { requestId } = this;
    this.watcher = new Watcher({ urls, requestId, dialect: 'log', random: random.fork(), restless: false });
  }

  /** commands so far, each of them sent three times */
  get commands(): number {
    return this.starts.length + this.cancels.length + this.feedbacks.length;
  }

  async start(steps: readonly object[]): Promise<void> {
    const numbered = steps.map((step, i) => ({ id: `s${i + 1}`, order: i + 1, title: '-', ...step }));
    this.#plan = { goal: 'chaos', steps: numbered };
    await this.startAgain();
  }

  /** With the same plan. */
  async startAgain(): Promise<void> {
    const { requestId } = this;
    const body = { requestId, userQuery: this.scene, context: { plan: this.#plan } };
    this.starts.push(await this.#commander.thrice('start', () => body, this.stopped));
  }

  async cancel(): Promise<void> {
    const { requestId } = this;
    const body = (number: number) => ({ requestId, reason: reasonOf(requestId, number) });
    this.cancels.push(await this.#commander.thrice('cancel', body, this.stopped));
  }

  async feedback(questionId: string): Promise<void> {
    const { requestId } = this;
    const body = (number: number) => ({ requestId, questionId, answer: answerOf(questionId, number) });
    this.feedbacks.push({ questionId, answers: await this.#commander.thrice('feedback', body, this.stopped) });
  }

  /** The `number`-th event that fits, counted from 1; undefined where the request ended without it. */
  async event(fits: (event: Seen) => boolean, number = 1): Promise<Seen | undefined> {
    for (;;) {
      const found = this.watcher.seen.filter(fits)[number - 1];
      if (found !== undefined || this.watcher.endedAt !== undefined || this.stopped()) return found;
      await delay(LOOK_EVERY_MS);
    }
  }

  /** The questionId of the `number`-th question. */
  async question(number = 1): Promise<string | undefined> {
    const asked = await this.event(({ type }) => type === 'executor.question.asked', number);
    return typeof asked?.data.questionId === 'string' ? asked.data.questionId : undefined;
  }

  async ended(): Promise<void> {
    await this.event(() => false);
  }
}
