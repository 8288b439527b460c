import type { Cursor, Message } from '@stepwire/dialects';
import { type LogEvent, StepwireError, terminalTypes, type Viewer } from '@stepwire/protocol';
import type { RunState } from '@stepwire/run-model';
import type { Hearer, RoomAudience } from '../audience.ts';
import { type Coordinator, History, type View } from '../history.ts';
import type { Rooms, Watcher } from '../rooms.ts';
import { Backlog } from './backlog.ts';
import type { Renderer } from './renderer.ts';
import { type Sink, sent } from './sink.ts';

export interface RequestPumpOptions {
  readonly rooms: Rooms<RoomAudience>;
  readonly coordinator: Coordinator;
  readonly requestId: string;
  /** may watch it: looked at before, and again by whatever it is read with */
  readonly viewer: Viewer;
  /** of the history that the cursor is of, where it is known */
  readonly epoch?: string | undefined;
  readonly renderer: Renderer;
  readonly sink: Sink;
  readonly maxBacklogBytes: number;
  /** something happened, whether or not the dialect says so */
  readonly onEvents?: () => void;
}

const RETRY_BASE_MS = 200;
const RETRY_MAX_MS = 5_000;

/**
 * One request's history and then what happens live, to one connection (design §7), without gap and without duplicate:
 *
 * 1. It reads pages until it is at the head, as fast as the client takes them: nothing of a long history waits in here.
 * 2. Then it joins the room at that seq: what was emitted meanwhile comes with the join, in the same tick.
 * 3. Live events are sent as they come. Whoever lets more than `maxBacklogBytes` of them pile up is cut off.
 * 4. It ends with the terminal event, and with the history if that is replaced.
 */
export class RequestPump implements Watcher<RoomAudience>, Hearer {
  readonly viewer: Viewer;
  readonly #options: RequestPumpOptions;
  readonly #history: History;
  readonly #backlog: Backlog;
  #epoch: string | undefined;
  #at = 0;
  #audience: RoomAudience | undefined;
  #stopped = false;

  constructor(options: RequestPumpOptions) {
    this.#options = options;
    this.viewer = options.viewer;
    this.#epoch = options.epoch;
    this.#history = new History(options.coordinator, options.requestId);
    this.#backlog = new Backlog(options.sink, options.maxBacklogBytes);
  }

  /**
   * Does not throw; goes on until the request ends or {@link stop}.
   * @param cursor null: they come for the first time
   * @param newest the state at the head
   */
  async run(cursor: Cursor | null, newest: RunState): Promise<void> {
    const { opening, after } = this.#options.renderer.begin(cursor, newest);
    this.#at = after;
    this.#send(opening);
    for (let waitMs = RETRY_BASE_MS; !this.#stopped; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        await this.#catchUp();
        if (!this.#stopped) await this.#options.rooms.join(this.#options.requestId, this, this.#from());
        return;
      } catch (error) {
        const refusal =
          error instanceof StepwireError ? error : new StepwireError('unavailable', 'a defect', { cause: error });
        if (refusal.code !== 'unavailable') return this.#end(refusal);
        this.#options.sink.unavailable(refusal);
      }
      await new Promise<void>((resolve) => void setTimeout(resolve, waitMs).unref());
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#audience?.remove(this);
    this.#audience = undefined;
    this.#options.rooms.leave(this.#options.requestId, this);
  }

  enter({ state, missed }: View, tail: readonly LogEvent[]): void {
    if (this.#stopped) return;
    if (state === null || missed === null) {
      // it was there a moment ago
      this.#end(new StepwireError('cursor_gone', 'the history of this request is no longer kept'));
      return;
    }
    this.#push(missed);
    this.#push(tail);
    this.#backlog.allow();
  }

  listen(audience: RoomAudience): void {
    if (this.#stopped) return;
    this.#audience = audience;
    audience.add(this);
  }

  hear(events: readonly LogEvent[]): void {
    this.#push(events);
    if (!this.#stopped && this.#backlog.isOver()) this.#end(this.#backlog.refusal());
  }

  replaced(): void {
    this.#end(new StepwireError('cursor_gone', 'the history of this request was replaced'));
  }

  async #catchUp(): Promise<void> {
    while (!this.#stopped) {
      const { epoch, head, events } = await this.#history.page(this.viewer, this.#at);
      if (this.#stopped) return;
      if (epoch === undefined) throw new StepwireError('not_found', `there is no request ${this.#options.requestId}`);
      if (head < this.#at || (this.#epoch !== undefined && epoch !== this.#epoch)) return this.replaced();
      this.#epoch = epoch;
      this.#push(events);
      if (this.#stopped || events.length === 0) return;
      if (!(await this.#backlog.drained())) return this.#end(this.#backlog.refusal());
      if (this.#at >= head) return;
    }
  }

  #push(events: readonly LogEvent[]): void {
    if (this.#stopped) return;
    const { renderer, sink, onEvents } = this.#options;
    const news = events.filter(({ seq }) => seq > this.#at);
    const last = news.at(-1);
    if (last === undefined) return;
    this.#at = last.seq;
    onEvents?.();
    this.#send(renderer.render(news));
    if (this.#stopped || !terminalTypes.has(last.type)) return;
    sink.mark(String(last.seq));
    this.#end(null);
  }

  #send(messages: readonly Message[]): void {
    if (messages.length > 0) this.#options.sink.send(messages.map(sent));
    if (messages.at(-1)?.ends === true) this.#end(null);
  }

  #end(reason: StepwireError | null): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.sink.end(reason);
  }

  #from() {
    return { since: this.#at, ...(this.#epoch === undefined ? {} : { epoch: this.#epoch }) };
  }
}
