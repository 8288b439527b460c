import { type Cursor, type Dialect, eventTypes, fold, type Message } from '@stepwire/dialects';
import type { LogEvent } from '@stepwire/protocol';
import { initialState, type RunState } from '@stepwire/run-model';

/**
 * One client's dialect: events in, messages out. A folding dialect needs the state that its first event changes. The
 * coordinator keeps the newest one only; so whoever comes back to an earlier point has the history read from its
 * beginning, folded up to there and passed on from there. That costs as much as coming for the first time.
 */
export class Renderer {
  readonly #dialect: Dialect;
  readonly #types: ReadonlySet<string> | null;
  #state: RunState;
  #had: Cursor | null = null;

  /** @param types event types or the dialect's own names; undefined: all */
  constructor(dialect: Dialect, requestId: string, types: readonly string[] | undefined) {
    this.#dialect = dialect;
    this.#types = types === undefined ? null : eventTypes(dialect, types);
    this.#state = initialState(requestId);
  }

  /**
   * @param cursor null: they come for the first time
   * @param newest the state at the head
   * @returns what they hear at once, and the seq after which events must be given
   */
  begin(cursor: Cursor | null, newest: RunState): { readonly opening: readonly Message[]; readonly after: number } {
    const dialect = this.#dialect;
    if (!dialect.folds) {
      this.#had = cursor;
      return { opening: [], after: cursor?.seq ?? 0 };
    }
    if (cursor === null) {
      if (dialect.begins === 'newest-state') this.#state = newest;
      return { opening: dialect.opening(this.#state, false), after: this.#state.seq };
    }
    if (cursor.seq === newest.seq) this.#state = newest;
    if (cursor.seq === this.#state.seq) {
      this.#had = cursor;
      return { opening: dialect.opening(this.#state, true), after: this.#state.seq };
    }
    this.#had = cursor;
    return { opening: [], after: 0 };
  }

  /** Of events that follow upon those before, what the client does not have yet. */
  render(events: readonly LogEvent[]): readonly Message[] {
    const had = this.#had;
    if (had === null) return this.#messages(events, 0);
    const news = events.filter(({ seq }) => seq > had.seq);
    const opening = news.length < events.length ? this.#reach(had, events.slice(0, events.length - news.length)) : [];
    if (news.length === 0) return opening;
    this.#had = null;
    return [...opening, ...this.#messages(news, had.parts)];
  }

  /** the state of a folding dialect after what was rendered */
  get state(): RunState {
    return this.#state;
  }

  /** Goes on to where they were, saying nothing until there. */
  #reach({ seq }: Cursor, events: readonly LogEvent[]): readonly Message[] {
    const dialect = this.#dialect;
    if (!dialect.folds) return [];
    this.#state = fold(dialect, this.#state, events, { types: new Set() }).state;
    return this.#state.seq === seq ? dialect.opening(this.#state, true) : [];
  }

  /** @param parts messages of the first event that they have already */
  #messages(events: readonly LogEvent[], parts: number): readonly Message[] {
    const dialect = this.#dialect;
    const types = this.#types;
    if (dialect.folds) {
      const { messages, state } = fold(dialect, this.#state, events, { types, parts });
      this.#state = state;
      return messages;
    }
    return dialect.messages(types === null ? events : events.filter(({ type }) => types.has(type)));
  }
}
