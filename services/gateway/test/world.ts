import {
  type Caller,
  type LogEvent,
  type RpcMethod,
  type RpcParams,
  type RpcResults,
  StepwireError,
} from '@stepwire/protocol';
import { initialState, mayWatch } from '@stepwire/run-model';
import type { Coordinator, From, View } from '../src/history.ts';
import { type Audience, Rooms, type Watcher } from '../src/rooms.ts';

/**
 * A coordinator, a feed and some watchers of one request, in which nothing happens by itself: every answer, message and
 * pause waits until the test lets it through, in whatever order, or loses it.
 */
export const REQUEST = 'req-1';
const PAGE = 3;

interface Held {
  readonly pass: () => void;
  readonly fail: (() => void) | null;
}
/** What a watcher was sent: a state at `seq`, and the events after it. */
export interface Chapter {
  readonly view: View;
  readonly events: LogEvent[];
}

export class World implements Coordinator {
  epoch = 'epoch-1';
  log: LogEvent[] = [];
  readonly owner: string | null;
  readonly held: Held[] = [];
  readonly feed: { epoch: string; events: readonly LogEvent[] }[] = [];
  readonly rooms: Rooms<Everybody>;
  #bound = 0;

  constructor(owner: string | null = 'ann', maxKeptEvents = 4) {
    this.owner = owner;
    this.rooms = new Rooms({
      coordinator: this,
      shards: {
        hold: async () => {
          await this.#hold(() => undefined, true);
          this.#bound += 1;
        },
        release: () => {
          this.#bound -= 1;
        },
      },
      audience: () => new Everybody(),
      after: (_ms, again) => void this.held.push({ pass: again, fail: null }),
      maxKeptEvents,
    });
  }

  get bound(): number {
    return this.#bound;
  }

  /** A batch is committed, and its feed message on its way. */
  commit(size: number, ends = false): void {
    const events = Array.from({ length: size }, (_, at): LogEvent => {
      const seq = this.log.length + at + 1;
      const type = ends && at === size - 1 ? 'request.completed' : 'acme.tick';
      const id = `${this.epoch}/${seq}`;
      return { id, type, requestId: REQUEST, agent: 'a', timestamp: '2026-01-01T00:00:00.000Z', data: {}, seq };
    });
    this.log = [...this.log, ...events];
    this.feed.push({ epoch: this.epoch, events });
  }

  /** The database is put back to an older backup, or wiped. */
  restore(keep: number): void {
    this.epoch = `epoch-${Number(this.epoch.slice(6)) + 1}`;
    this.log = this.log.slice(0, keep);
  }

  /** @param copies 0 loses it */
  deliver(at: number, copies: number, stays = false): void {
    const message = stays ? this.feed[at] : this.feed.splice(at, 1)[0];
    if (message === undefined || this.#bound === 0) return;
    for (let copy = 0; copy < copies; copy += 1) {
      this.rooms.feed({ requestId: REQUEST, userId: this.owner, ...message });
    }
  }

  call<M extends RpcMethod>(method: M, params: RpcParams[M]): Promise<RpcResults[M]> {
    return this.#hold(() => this.#answer(method, params));
  }

  /** Lets the `at`th thing that waits go on, or fail where it can. */
  async settle(at: number, fails = false): Promise<void> {
    const [held] = this.held.splice(at, 1);
    if (fails && held?.fail) held.fail();
    else held?.pass();
    await quiet();
  }

  /** Everything that waits goes on, until nothing does; heads are asked as a gateway does every few seconds. */
  async rest(): Promise<void> {
    await quiet();
    let steps = 0;
    for (let round = 0; round < 8; round += 1) {
      for (; this.held.length > 0; steps += 1) {
        if (steps > 1000) throw new Error('it never comes to rest');
        await this.settle(0);
      }
      void this.rooms.heal().catch(() => undefined);
      await quiet();
    }
  }

  /** The answer is made as the question is put or as it is let through: both are real orders of events. */
  #hold<T>(answer: () => T, late = this.held.length % 2 === 0): Promise<T> {
    return new Promise((resolve, reject) => {
      let made: () => T = answer;
      if (!late) {
        try {
          const early = answer();
          made = () => early;
        } catch (error) {
          made = () => {
            throw error;
          };
        }
      }
      this.held.push({
        pass: () => {
          try {
            resolve(made());
          } catch (error) {
            reject(error);
          }
        },
        fail: () => reject(new StepwireError('unavailable', 'away')),
      });
    });
  }

  #answer<M extends RpcMethod>(method: M, params: RpcParams[M]): RpcResults[M];
  #answer(method: RpcMethod, params: RpcParams['snapshot'] & RpcParams['events']): RpcResults[RpcMethod] {
    const head = this.log.length;
    const { epoch } = this;
    if (method === 'heads') {
      return head === 0
        ? {}
        : { [REQUEST]: { seq: head, epoch, finished: this.log.at(-1)?.type === 'request.completed' } };
    }
    const known = head > 0 && !('shareId' in params.caller) && mayWatch({ userId: this.owner }, params.caller);
    if (method === 'events') {
      if (!known) throw new StepwireError('not_found', 'no such request');
      const until = Math.min(params.until ?? head, params.after + PAGE);
      return { epoch, head, events: this.log.slice(params.after, until) };
    }
    if (!known) return { known };
    const state = { ...initialState(REQUEST), seq: head, userId: this.owner };
    const answer = { known, epoch, userId: this.owner, state } as const;
    if (params.since === undefined) return answer;
    if (params.since > head || (params.epoch !== undefined && params.epoch !== epoch))
      return { ...answer, reset: true };
    return { ...answer, missed: this.log.slice(params.since, params.since + PAGE) };
  }
}

/** The whole audience of a room, without dialects. */
export class Everybody implements Audience {
  readonly listeners = new Set<(events: readonly LogEvent[]) => void>();
  emit(events: readonly LogEvent[]): void {
    for (const listener of this.listeners) listener(events);
  }
}

/** A connection that watches, and joins again by itself, as a gateway's sessions do. */
export class Onlooker {
  readonly chapters: Chapter[] = [];
  readonly #world: World;
  readonly #caller: Caller;
  #attempt: Watcher<Everybody> | null = null;
  #stop: () => void = () => undefined;

  constructor(world: World, caller: Caller) {
    this.#world = world;
    this.#caller = caller;
  }

  join(from: From = {}): void {
    this.leave();
    const attempt: Watcher<Everybody> = {
      viewer: this.#caller,
      enter: (view, tail) => void this.chapters.push({ view, events: [...tail] }),
      listen: (audience) => {
        const hear = (events: readonly LogEvent[]): void => void this.chapters.at(-1)?.events.push(...events);
        audience.listeners.add(hear);
        this.#stop = () => audience.listeners.delete(hear);
      },
      replaced: () => this.join(),
    };
    this.#attempt = attempt;
    this.#world.rooms.join(REQUEST, attempt, from).catch((error: unknown) => {
      if (!(error instanceof StepwireError && error.code === 'unavailable')) throw error;
      if (this.#attempt === attempt) this.#world.held.push({ pass: () => this.#again(attempt, from), fail: null });
    });
  }

  #again(attempt: Watcher<Everybody>, from: From): void {
    if (this.#attempt === attempt) this.join(from);
  }

  get present(): boolean {
    return this.#attempt !== null;
  }

  leave(): void {
    this.#stop();
    this.#stop = () => undefined;
    if (this.#attempt !== null) this.#world.rooms.leave(REQUEST, this.#attempt);
    this.#attempt = null;
  }
}

/** Whatever can happen without anything being let through has happened. */
export const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
