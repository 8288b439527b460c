import type { QuestionState } from '@stepwire/run-model';
import { Listeners, type Unsubscribe } from './listeners.ts';
import type { Store } from './request-store.ts';
import type { Watched } from './watched.ts';

/** A question that somebody is waited for to answer. */
export interface OpenQuestion {
  readonly requestId: string;
  readonly question: QuestionState;
}

/** Those of all requests that are watched, in the order they were asked. */
export class OpenQuestions implements Store<readonly OpenQuestion[]> {
  readonly #changes = new Listeners();
  #open: readonly OpenQuestion[] = [];

  readonly getSnapshot = (): readonly OpenQuestion[] => this.#open;
  readonly getServerSnapshot = (): readonly OpenQuestion[] => none;
  readonly subscribe = (changed: () => void): Unsubscribe => this.#changes.add(changed);

  update(all: Iterable<Watched>): void {
    const open: OpenQuestion[] = [];
    for (const { requestId, following } of all) {
      const { view } = following;
      if (view.kind === 'none') continue;
      const { questions } = view.kind === 'folded' ? view.run : view.state;
      for (const question of questions) open.push({ requestId, question });
    }
    const same = open.length === this.#open.length && open.every(({ question }) => this.#has(question));
    if (same) return;
    this.#open = open.sort((a, b) => (a.question.askedAt < b.question.askedAt ? -1 : 1));
    this.#changes.tell();
  }

  #has(question: QuestionState): boolean {
    return this.#open.some((known) => known.question === question);
  }
}

const none: readonly OpenQuestion[] = [];
