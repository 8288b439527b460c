import { waitFor } from '@stepwire/testing';
import type { Random } from '../../random.ts';
import type { Client } from '../../storm/managed.ts';
import { isEnd, Watcher } from '../../watcher.ts';

/** a question is there within this (ms) */
const ASKED_WITHIN_MS = 60_000;
/** longer than any run: only a cancel ends it */
const FOR_EVER_MS = 12 * 60 * 60_000;

type Body = { readonly requestId: string };
export type Command = readonly [name: string, body: Body];
interface Step {
  readonly action: string;
  readonly input: object;
}

/** Requests that an alarm finds in the middle: one works, one waits for an answer, one is to be cancelled, some are to be started. */
export class Work {
  readonly #name: string;
  readonly #client: Client;
  readonly #watchers: ReadonlyMap<string, Watcher>;
  #questionId = '';

  /** Resolves when the work goes on and the question is asked. */
  static async begin(name: string, client: Client, urls: readonly string[], random: Random): Promise<Work> {
    const work = new Work(name, client, urls, random);
    await waitFor(() => [...work.#watchers.values()].every(({ startedAt }) => startedAt !== undefined), {
      timeoutMs: ASKED_WITHIN_MS,
    });
    const begun = ['works', 'asks', 'endless'].map((part) => client.command('start', work.#start(part), () => false));
    await Promise.all(begun);
    const question = await waitFor(
      () => work.#watcher('asks').seen.find(({ type }) => type === 'executor.question.asked'),
      { timeoutMs: ASKED_WITHIN_MS, what: `a question in ${work.#id('asks')}` },
    );
    work.#questionId = String(question.data.questionId);
    return work;
  }

  private constructor(name: string, client: Client, urls: readonly string[], random: Random) {
    this.#name = name;
    this.#client = client;
    const parts = ['works', 'asks', 'endless', ...urls.map((_, i) => `late ${i}`)];
    this.#watchers = new Map(
      parts.map((part) => [
        part,
        new Watcher({ urls, requestId: this.#id(part), dialect: 'log', random: random.fork(), restless: false }),
      ]),
    );
  }

  /** What a client may say again and again, and what always has an answer. @param client a number for each client */
  repeatable(client: number): readonly Command[] {
    return [
      ['start', this.#start(`late ${client}`)],
      ['rejoin', { requestId: this.#id(client % 2 === 0 ? 'works' : 'asks') }],
    ];
  }

  /** What is done with the first of them that gets through. */
  once(): readonly Command[] {
    return [
      ['cancel', { requestId: this.#id('endless') }],
      ['feedback', this.#feedback()],
    ];
  }

  /** Says once more what was refused, and waits for the ends. @returns what did not come to its end, or to a wrong one */
  async finish(withinMs: number): Promise<string[]> {
    const until = performance.now() + withinMs;
    const over = () => performance.now() > until;
    const late = [...this.#watchers.keys()].filter((part) => part.startsWith('late'));
    await Promise.all([
      ...late.map((part) => this.#client.command('start', this.#start(part), over)),
      this.#client.command('cancel', { requestId: this.#id('endless') }, over),
      this.#client.command('feedback', this.#feedback(), over),
    ]);
    const watchers = [...this.#watchers];
    // who does not get there is told below
    await waitFor(() => watchers.every(([, { endedAt }]) => endedAt !== undefined), {
      timeoutMs: Math.max(1, until - performance.now()),
    }).catch(() => undefined);
    return watchers.flatMap(([part, watcher]) => {
      watcher.close();
      const end = watcher.seen.map(({ type }) => type).find(isEnd);
      const due = part === 'endless' ? 'request.cancelled' : 'request.completed';
      const wrong = end === due ? [] : [`${watcher.name} ended with ${end}, ${due} was due`];
      return [...watcher.broken.map((what) => `${watcher.name}: ${what}`), ...wrong];
    });
  }

  #start(part: string): Body & { readonly userQuery: string; readonly context: object } {
    const wait = (ms: number): Step => ({ action: 'wait', input: { ms } });
    const steps: Readonly<Record<string, readonly Step[]>> = {
      works: [wait(2_000), wait(3_000), wait(500)],
      asks: [{ action: 'ask', input: {} }],
      endless: [wait(FOR_EVER_MS)],
    };
    const plan = {
      goal: part,
      steps: (steps[part] ?? [wait(50)]).map((step, i) => ({
        ...{ id: `s${i + 1}`, order: i + 1, title: part, ...step, dependsOn: i === 0 ? [] : [`s${i}`] },
      })),
    };
    return { requestId: this.#id(part), userQuery: 'chaos', context: { plan } };
  }

  #feedback(): Body & { readonly questionId: string; readonly answer: string } {
    return { requestId: this.#id('asks'), questionId: this.#questionId, answer: 'yes' };
  }

  #id(part: string): string {
    return `${this.#name}-${part.replace(' ', '-')}`;
  }

  #watcher(part: string): Watcher {
    const watcher = this.#watchers.get(part);
    if (watcher === undefined) throw new Error(`no work ${part}`);
    return watcher;
  }
}
