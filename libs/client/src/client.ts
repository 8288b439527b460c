import type { ErrorBody, LogEvent } from '@stepwire/protocol';
import { abortable } from './abortable.ts';
import type { BackoffOptions } from './backoff.ts';
import { type CommandOptions, Commands } from './commands.ts';
import { Connection, failureOf, type TokenSource } from './connection.ts';
import { Feed, type FeedOptions, type FeedStore } from './feed.ts';
import type { Cursor } from './following.ts';
import { isObject, readEvents, readState } from './frames.ts';
import { Joins } from './joins.ts';
import type { LinkFactory } from './link.ts';
import { Listeners, type OnEvent, onEvent, type Unsubscribe } from './listeners.ts';
import { type OpenQuestion, OpenQuestions } from './open-questions.ts';
import type { Page } from './page.ts';
import { randomId } from './random-id.ts';
import { type CommandResult, type RequestStore, requestStore, type Store } from './request-store.ts';
import { sameJson } from './same-json.ts';
import { type ConnectionStatus, statusOf } from './status.ts';
import { Watched } from './watched.ts';

export interface StartInput {
  readonly userQuery: string;
  /** what the planner is given beside the question */
  readonly context?: object;
  /** default: a new UUID. The same id twice starts once. */
  readonly requestId?: string;
}

export interface Started extends CommandResult {
  /** false: it had been started before, perhaps by this very command, whose first answer was lost */
  readonly created: boolean;
}

/** How a client behaves; all have defaults. */
export interface Behaviour {
  readonly backoff?: BackoffOptions;
  /** failed attempts in a row until it is `failed`; default: it goes on trying */
  readonly maxAttempts?: number;
  /** a page hidden for longer gives up its connection until it is seen again (ms); default 5 min; Infinity: never */
  readonly hiddenAfterMs?: number;
  /** for commands given while there is no connection; each may say otherwise. Default `wait`. */
  readonly whenOffline?: 'wait' | 'fail';
}

export interface ClientParts extends Behaviour {
  readonly link: LinkFactory;
  readonly token: TokenSource | null;
  readonly page: Page | null;
  readonly needsNetwork: boolean;
  /** 0 to 1, 1 excluded */
  readonly random: () => number;
}

const connecting: ConnectionStatus = { state: 'connecting' };

/** A client of one gateway: one connection, and any number of requests on it. */
export class Client {
  readonly #connection: Connection;
  readonly #commands: Commands;
  readonly #joins: Joins;
  readonly #feed: Feed;
  readonly #whenOffline: 'wait' | 'fail';
  readonly #watched = new Map<string, Watched>();
  readonly #events = new Listeners<[event: LogEvent]>();
  readonly #statusChanges = new Listeners();
  #status: ConnectionStatus;

  /** How the connection stands. */
  readonly status: Store<ConnectionStatus> = {
    getSnapshot: () => this.#status,
    getServerSnapshot: () => connecting,
    subscribe: (changed) => this.#statusChanges.add(changed),
  };
  readonly #questions = new OpenQuestions();
  /** Open questions of all requests that are watched on this client. */
  readonly questions: Store<readonly OpenQuestion[]> = this.#questions;
  /** Events of all requests that are watched on this client. */
  readonly on: OnEvent = onEvent((hear) => this.#events.add(hear));

  constructor(parts: ClientParts) {
    const { backoff = {}, maxAttempts = Number.POSITIVE_INFINITY, hiddenAfterMs = 5 * 60_000 } = parts;
    this.#whenOffline = parts.whenOffline ?? 'wait';
    const ask = (command: string, body: object): Promise<unknown> => this.#connection.ask(command, body);
    this.#connection = new Connection({
      ...parts,
      backoff,
      maxAttempts,
      hiddenAfterMs,
      auth: { dialect: 'log' },
      opened: () => this.#joinAll(),
      cut: () => this.#cut(),
      // any answer will do; without one the connection is cut, and opened again
      woke: () => void ask('leave', { requestId: randomId() }).catch(() => undefined),
      frame: (name, payload) => this.#frame(name, payload),
      changed: () => this.#changed(),
    });
    this.#joins = new Joins({
      join: (requestId) => {
        const watched = this.#watched.get(requestId);
        return watched === undefined ? null : ask('rejoin', watched.joining());
      },
      refused: (requestId, error) => this.#watched.get(requestId)?.refuse(error),
    });
    this.#feed = new Feed({ ask, isOpen: () => this.#connection.isOpen, changed: () => this.#changed() });
    this.#commands = new Commands({
      ask,
      isOpen: () => this.#connection.isOpen,
      opened: (signal) => this.#opened(signal),
      random: parts.random,
    });
    this.#status = statusOf(this.#connection, false);
  }

  /** Connects, also after {@link disconnect} or when it is `failed`. What was watched is watched again, from where it was. */
  connect(): void {
    this.#connection.connect();
  }

  /** Leaves. Requests go on without us; what waits for a connection is rejected. */
  disconnect(): void {
    this.#connection.disconnect();
  }

  /** An id for a request that will be started. */
  newRequestId(): string {
    return randomId();
  }

  /** @param from what was seen of it before, in another page for example: events after that are heard */
  watch(requestId: string, from: Cursor = {}): RequestStore {
    return requestStore(requestId, {
      current: () => this.#watched.get(requestId) ?? null,
      watched: () => this.#watch(requestId, from),
      cancel: (reason, options) => this.cancel(requestId, reason, options),
      answer: (questionId, answer, options) => this.answer(requestId, questionId, answer, options),
    });
  }

  /** All of the signed-in user's requests. There is one for a client: options count until somebody follows it. */
  feed(options: FeedOptions = {}): FeedStore {
    this.#feed.set(options);
    return this.#feed;
  }

  /**
   * Starts a request, and watches it from its first event, so that whoever then watches it misses nothing.
   * @throws StepwireError `request_id_taken`, `conflict`, `too_large` …
   */
  async start(input: StartInput, options: CommandOptions = {}): Promise<Started> {
    const { userQuery, context = {}, requestId = this.newRequestId() } = input;
    const watched = this.#watch(requestId, { since: 0 });
    const release = watched.hold();
    try {
      const body = { requestId, userQuery, context };
      const answer = await this.#give({ name: 'start', body, tookEffect: async () => false }, options);
      if (typeof answer.epoch === 'string') watched.learnEpoch(answer.epoch);
      return { ...resultOf(requestId, answer), created: answer.created !== false };
    } finally {
      release();
    }
  }

  /** @throws StepwireError `not_found`, `already_finished` … */
  async cancel(requestId: string, reason?: string, options: CommandOptions = {}): Promise<CommandResult> {
    const body = { requestId, ...(reason === undefined ? {} : { reason }) };
    const tookEffect = async ({ code }: ErrorBody): Promise<boolean> =>
      code === 'already_finished' && (await this.#upToDate(requestId)).snapshot.status === 'cancelled';
    return resultOf(requestId, await this.#give({ name: 'cancel', body, tookEffect }, options));
  }

  /** @throws StepwireError `bad_request` (it does not fit the question), `already_answered`, `expired` … */
  async answer(
    requestId: string,
    questionId: string,
    answer: unknown,
    options: CommandOptions = {},
  ): Promise<CommandResult> {
    const body = { requestId, questionId, answer };
    const tookEffect = async ({ code }: ErrorBody): Promise<boolean> => {
      // the request may have gone on to its end by now
      if (code !== 'already_answered' && code !== 'already_finished') return false;
      const { view } = (await this.#upToDate(requestId)).following;
      if (view.kind !== 'folded') return false;
      const counted = view.run.answers.find((known) => known.questionId === questionId);
      return counted !== undefined && !counted.expired && sameJson(counted.answer, answer);
    };
    return resultOf(requestId, await this.#give({ name: 'feedback', body, tookEffect }, options));
  }

  #give(command: Parameters<Commands['give']>[0], options: CommandOptions): ReturnType<Commands['give']> {
    return this.#commands.give(command, { whenOffline: this.#whenOffline, ...options });
  }

  #watch(requestId: string, from: Cursor): Watched {
    const known = this.#watched.get(requestId);
    if (known !== undefined) return known;
    const watched = new Watched(requestId, from, {
      join: () => this.#join(requestId),
      news: (events) => {
        for (const event of events) this.#events.tell(event);
      },
      changed: () => this.#changed(),
      abandoned: () => this.#abandon(requestId),
    });
    this.#watched.set(requestId, watched);
    this.#join(requestId);
    return watched;
  }

  #abandon(requestId: string): void {
    this.#watched.get(requestId)?.close();
    this.#watched.delete(requestId);
    // where the answer is lost, the connection is, and with it the membership
    if (this.#connection.isOpen) this.#connection.ask('leave', { requestId }).catch(() => undefined);
    this.#changed();
  }

  #join(requestId: string): void {
    if (this.#connection.isOpen) this.#joins.add(requestId);
    this.#changed();
  }

  #joinAll(): void {
    for (const requestId of this.#watched.keys()) this.#joins.add(requestId);
    this.#feed.opened();
    this.#changed();
  }

  #cut(): void {
    this.#joins.clear();
    this.#feed.cut();
    for (const watched of this.#watched.values()) watched.take({ kind: 'cut' });
  }

  #frame(name: string, payload: unknown): void {
    if (name === 'events') {
      const events = readEvents(payload);
      const [first] = events;
      if (first !== undefined) this.#watched.get(first.requestId)?.take({ kind: 'events', events });
    } else if (name === 'state') {
      const frame = readState(payload);
      if (frame !== null) this.#watched.get(frame.shown.requestId)?.take({ kind: 'state', frame });
    } else if (name === 'feed') {
      this.#feed.frame(payload);
    } else if (name === 'error' && isObject(payload) && payload.command === 'feed') {
      this.#feed.ended(payload);
    }
  }

  /** Resolves with the request as it is now. */
  async #upToDate(requestId: string): Promise<Watched> {
    const watched = this.#watch(requestId, {});
    const release = watched.hold();
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (!watched.behind) resolve();
    };
    const stop = watched.changes.add(look);
    // what it is asked about may have happened after what it has seen
    watched.take({ kind: 'asking' });
    this.#join(requestId);
    try {
      await promise;
      return watched;
    } finally {
      stop();
      release();
    }
  }

  async #opened(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      const failure = failureOf(this.#connection.phase);
      if (failure !== null) reject(failure);
      if (this.#connection.isOpen) resolve();
    };
    const stop: Unsubscribe = this.#statusChanges.add(look);
    look();
    try {
      await abortable(promise, signal);
    } finally {
      stop();
    }
  }

  #changed(): void {
    this.#questions.update(this.#watched.values());
    const behind = this.#feed.behind || [...this.#watched.values()].some((watched) => watched.behind);
    const status = statusOf(this.#connection, behind);
    if (sameJson(status, this.#status)) return;
    this.#status = status;
    this.#statusChanges.tell();
  }
}

const resultOf = (requestId: string, { seq }: Readonly<Record<string, unknown>>): CommandResult => ({
  requestId,
  seq: typeof seq === 'number' ? seq : null,
});
