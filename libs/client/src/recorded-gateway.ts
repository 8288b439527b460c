import type { ErrorBody, LogEvent } from '@stepwire/protocol';
import { evolve, initialState, MODEL_VERSION, type RunState, snapshotForClient } from '@stepwire/run-model';
import { type Link, type LinkHandlers, Unanswered } from './link.ts';

/** A command as it reached the gateway. */
export interface GivenCommand {
  readonly command: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const EPOCH = 'recorded';

/** A gateway whose requests are a recorded log, played as far as the test says. It answers within a microtask. */
export class RecordedGateway {
  /** `start`, `cancel` and `feedback`, as they came */
  readonly commands: GivenCommand[] = [];
  readonly #log: readonly LogEvent[];
  readonly #refuse: (given: GivenCommand) => ErrorBody | null;
  readonly #runs = new Map<string, RunState>();
  readonly #joined = new Set<string>();
  #handlers: LinkHandlers | null = null;
  #open = false;
  #reachable = true;
  #played = 0;
  #following = false;

  constructor(log: readonly LogEvent[], refuse: (given: GivenCommand) => ErrorBody | null) {
    this.#log = log;
    this.#refuse = refuse;
  }

  get played(): number {
    return this.#played;
  }
  /** events that have not happened yet */
  get left(): number {
    return this.#log.length - this.#played;
  }

  link(handlers: LinkHandlers): Link {
    this.#handlers = handlers;
    return {
      open: () => queueMicrotask(() => this.#connect()),
      close: () => this.#disconnect(),
      ask: (command, body) => this.#ask({ command, body: { ...body } }),
    };
  }

  /** The next events happen: each is a frame of its own. */
  play(count: number): void {
    for (const event of this.#log.slice(this.#played, this.#played + count)) {
      this.#played += 1;
      const { requestId } = event;
      this.#runs.set(requestId, evolve(this.#runs.get(requestId) ?? initialState(requestId), event));
      if (this.#joined.has(requestId)) this.#handlers?.frame('events', [event]);
      if (this.#following) this.#feed(event, this.#played);
    }
  }

  cut(): void {
    this.#reachable = false;
    if (!this.#open) return;
    this.#disconnect();
    this.#handlers?.cut(null);
  }

  mend(): void {
    this.#reachable = true;
  }

  #connect(): void {
    if (this.#open) return;
    this.#open = this.#reachable;
    if (this.#open) this.#handlers?.opened();
    else this.#handlers?.refused(null);
  }

  #disconnect(): void {
    this.#open = false;
    this.#joined.clear();
    this.#following = false;
  }

  async #ask(given: GivenCommand): Promise<unknown> {
    if (!this.#open) throw new Unanswered('there is no connection');
    await Promise.resolve();
    if (!this.#open) throw new Unanswered('the connection ended');
    const { command, body } = given;
    if (command === 'feed') return this.#follow(body.since);
    const requestId = String(body.requestId);
    if (command === 'rejoin') this.#join(requestId, body);
    else if (command === 'leave') this.#joined.delete(requestId);
    else {
      this.commands.push(given);
      const error = this.#refuse(given);
      if (error !== null) return { ok: false, error };
    }
    return { ok: true, requestId, seq: this.#runs.get(requestId)?.seq ?? 0, epoch: EPOCH, created: true };
  }

  /** A cursor is how much was played. */
  #follow(since: unknown): object {
    this.#following = true;
    const from = typeof since === 'string' ? Number(since) : this.#played;
    const events = this.#log.slice(from, this.#played);
    queueMicrotask(() => {
      for (const [at, event] of events.entries()) this.#feed(event, from + at + 1);
    });
    return { ok: true, cursor: String(from) };
  }

  #feed(event: LogEvent, played: number): void {
    this.#handlers?.frame('feed', { cursor: String(played), event });
  }

  #join(requestId: string, { since }: GivenCommand['body']): void {
    this.#joined.add(requestId);
    const run = this.#runs.get(requestId);
    const model = MODEL_VERSION;
    if (run === undefined) {
      const nothing = { progress: 0, currentStage: 'unknown', steps: [], question: null, result: null, error: null };
      this.#handlers?.frame('state', { requestId, status: 'unknown', seq: 0, model, ...nothing });
      return;
    }
    const events = this.#log.slice(0, this.#played).filter((event) => event.requestId === requestId);
    const missed = typeof since === 'number' ? { missed: events.filter(({ seq }) => seq > since) } : {};
    this.#handlers?.frame('state', { ...snapshotForClient(run, EPOCH), model, run, ...missed });
  }
}
