import { type FoldingDialect, fold, type Message } from '@stepwire/dialects';
import { type Caller, type LogEvent, terminalTypes } from '@stepwire/protocol';
import { initialState, type RunState } from '@stepwire/run-model';
import { runState } from '../coordinator-answers.ts';
import { type Coordinator, History } from '../history.ts';

/** rows of a page of running requests */
const LIST_ROWS = 100;
/** what one connection is told of at its beginning, at most: who has more in flight follows the list */
const MAX_RUNNING = 500;

/**
 * A folding dialect over many requests at once: keeps the state of each that runs. One that it meets in the middle, because
 * the client came back there, is read from its beginning once.
 */
export class Tasks {
  readonly #coordinator: Coordinator;
  readonly #caller: Caller;
  readonly #dialect: FoldingDialect;
  readonly #states = new Map<string, RunState>();

  constructor(coordinator: Coordinator, caller: Caller, dialect: FoldingDialect) {
    this.#coordinator = coordinator;
    this.#caller = caller;
    this.#dialect = dialect;
  }

  /** What is said of the requests that run now. @throws StepwireError `unavailable` */
  async running(): Promise<readonly Message[]> {
    const messages: Message[] = [];
    for (const requestId of await this.#runningIds()) {
      const answer = await this.#coordinator.call('snapshot', { requestId, caller: this.#caller });
      if (!answer.known) continue;
      const state = runState(answer.state);
      this.#states.set(requestId, state);
      messages.push(...this.#dialect.opening(state, false));
    }
    return messages;
  }

  /** @throws StepwireError `unavailable` */
  async messages(event: LogEvent): Promise<readonly Message[]> {
    const { requestId, seq } = event;
    const known = this.#states.get(requestId);
    if (known !== undefined && known.seq >= seq) return [];
    const before = known?.seq === seq - 1 ? known : await this.#stateAt(requestId, seq - 1);
    const { messages, state } = fold(this.#dialect, before, [event]);
    if (terminalTypes.has(event.type)) this.#states.delete(requestId);
    else this.#states.set(requestId, state);
    return messages;
  }

  async #runningIds(): Promise<string[]> {
    const { userId, operator } = this.#caller;
    const ids: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null && ids.length < MAX_RUNNING) {
      const page = await this.#coordinator.call('list', {
        caller: this.#caller,
        status: ['queued', 'planning', 'running', 'waiting', 'cancelling'],
        limit: LIST_ROWS,
        ...(cursor === undefined ? {} : { cursor }),
      });
      // an operator's list has everybody's requests, their feed does not
      const theirs = page.requests.filter((row) => row.userId === userId || (operator && row.userId === null));
      ids.push(...theirs.map(({ requestId }) => requestId));
      cursor = page.cursor;
    }
    return ids.slice(0, MAX_RUNNING).reverse();
  }

  async #stateAt(requestId: string, seq: number): Promise<RunState> {
    const history = new History(this.#coordinator, requestId);
    let state = initialState(requestId);
    while (state.seq < seq) {
      const { events } = await history.page(this.#caller, state.seq, seq);
      if (events.length === 0) break; // pruned meanwhile: what is left is told as if it began here
      state = fold(this.#dialect, state, events, { types: new Set() }).state;
    }
    return state;
  }
}
