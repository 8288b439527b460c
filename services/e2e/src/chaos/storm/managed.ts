import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type { Random } from '../random.ts';
import { isObject, Watcher } from '../watcher.ts';

type Answer = Readonly<Record<string, unknown>>;

/** What a client does with its gateways: each command goes out until it is answered for good. */
export class Client {
  readonly #sockets: readonly Socket[];
  readonly #random: Random;

  constructor(urls: readonly string[], random: Random) {
    this.#random = random;
    this.#sockets = urls.map((url) =>
      io(url, { transports: ['websocket'], forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 500 }),
    );
  }

  /** @returns the answer, or undefined when none came until `stopped` */
  async command(name: string, body: object, stopped: () => boolean): Promise<Answer | undefined> {
    while (!stopped()) {
      const answer: unknown = await this.#random
        .pick(this.#sockets)
        .timeout(8_000)
        .emitWithAck(name, body)
        // no answer in time: it may or may not have taken effect
        .catch(() => undefined);
      if (isObject(answer) && !mayRepeat(answer)) return answer;
      await delay(this.#random.between(100, 500));
    }
    return undefined;
  }

  close(): void {
    for (const socket of this.#sockets) socket.disconnect();
  }
}

const codeOf = ({ error }: Answer): unknown => (isObject(error) ? error.code : undefined);
const mayRepeat = (answer: Answer): boolean => ['unavailable', 'rate_limited'].includes(String(codeOf(answer)));

/** One request that is started, run by the executors, and perhaps cancelled: every command is sent three times. */
export class Managed {
  readonly requestId = `managed-${randomUUID()}`;
  readonly watcher: Watcher;
  readonly steps: number;
  starts: (Answer | undefined)[] = [];
  cancels: (Answer | undefined)[] = [];
  /** of each question */
  readonly feedbacks: (readonly (Answer | undefined)[])[] = [];
  readonly #client: Client;
  readonly #random: Random;

  constructor(client: Client, random: Random, urls: readonly string[]) {
    this.#client = client;
    this.#random = random;
    this.steps = random.between(2, 4);
    const { requestId } = this;
    this.watcher = new Watcher({
      urls,
      requestId,
      dialect: 'log',
      random: random.fork(),
      restless: random.chance(0.5),
    });
  }

  /** Resolves when the request has ended, or `stopped`. */
  async run(stopped: () => boolean): Promise<void> {
    await this.watcher.entered;
    const { requestId } = this;
    const answering = this.#answerAll(stopped);
    const cancelAfterMs = this.#random.chance(0.4) ? this.#random.between(0, 3_000) : undefined;
    const start = this.#thrice('start', { requestId, userQuery: 'chaos', context: { plan: this.#plan() } }, stopped);
    if (cancelAfterMs !== undefined) {
      this.starts = await start;
      await delay(cancelAfterMs);
      this.cancels = await this.#thrice('cancel', { requestId }, stopped);
    }
    this.starts = await start;
    await answering;
  }

  /** Resolves when the request has ended, or `stopped`, and all answers to its questions were taken or refused. */
  async #answerAll(stopped: () => boolean): Promise<void> {
    const { requestId, watcher } = this;
    const asked = new Map<unknown, Promise<unknown>>();
    while (watcher.endedAt === undefined && !stopped()) {
      for (const { type, data } of watcher.seen) {
        const { questionId } = data;
        if (type !== 'executor.question.asked' || asked.has(questionId)) continue;
        const answers = this.#thrice('feedback', { requestId, questionId, answer: 'yes' }, stopped);
        asked.set(
          questionId,
          answers.then((taken) => this.feedbacks.push(taken)),
        );
      }
      await delay(50);
    }
    await Promise.all(asked.values());
  }

  #thrice(name: string, body: object, stopped: () => boolean): Promise<(Answer | undefined)[]> {
    return Promise.all([1, 2, 3].map(() => this.#client.command(name, body, stopped)));
  }

  #plan(): object {
    const steps = Array.from({ length: this.steps }, (_, i) => {
      const asks = this.#random.chance(0.25);
      return {
        id: `s${i + 1}`,
        order: i + 1,
        title: '-',
        action: asks ? 'ask' : 'wait',
        input: asks ? {} : { ms: this.#random.between(50, 2_000) },
        dependsOn: i > 0 && this.#random.chance(0.5) ? [`s${i}`] : [],
      };
    });
    return { goal: 'chaos', steps };
  }
}
