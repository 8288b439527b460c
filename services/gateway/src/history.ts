import {
  type LogEvent,
  type RpcMethod,
  type RpcParams,
  type RpcResults,
  StepwireError,
  type Viewer,
} from '@stepwire/protocol';
import { isFinished, type RunState } from '@stepwire/run-model';
import { logEvents, runState } from './coordinator-answers.ts';
import type { Page, Sighting } from './room.ts';

/** Questions to the coordinator, as in `libs/messaging`. */
export interface Coordinator {
  call<M extends RpcMethod>(method: M, params: RpcParams[M]): Promise<RpcResults[M]>;
}

/** What a watcher sees as it comes in. `state` null: unknown, or not theirs. */
export interface View extends Sighting {
  readonly state: RunState | null;
  /** the events after `since` up to `seq`; null where none were asked for, or they are gone */
  readonly missed: readonly LogEvent[] | null;
  /** `since` was beyond the head, of another epoch, or too long ago */
  readonly gone: boolean;
}

/** What a client already has. */
export interface From {
  readonly since?: number | undefined;
  readonly epoch?: string | undefined;
}

/** what one watcher may catch up with in one `state`, in pages of 1 MiB or 1,000 events; beyond it `since` is `cursor_gone` */
const MAX_MISSED_PAGES = 100;

const nothing: Page = { epoch: undefined, head: 0, events: [] };

/** One request as the coordinator tells it, on somebody's behalf. All throw StepwireError `unavailable`. */
export class History {
  readonly #coordinator: Coordinator;
  readonly #requestId: string;

  constructor(coordinator: Coordinator, requestId: string) {
    this.#coordinator = coordinator;
    this.#requestId = requestId;
  }

  async view(viewer: Viewer, from: From): Promise<View> {
    const answer = await this.#snapshot(viewer, from);
    if (!answer.known) {
      return { state: null, seq: 0, epoch: undefined, finished: false, missed: null, gone: (from.since ?? 0) > 0 };
    }
    const state = runState(answer.state);
    const view = { state, seq: state.seq, epoch: answer.epoch, finished: isFinished(state.status) };
    if (answer.reset === true) return { ...view, missed: null, gone: true };
    if (from.since === undefined) return { ...view, missed: null, gone: false };
    const missed = [...logEvents(answer.missed ?? [])];
    const complete = await this.#complete(missed, viewer, from.since, view);
    return { ...view, missed: complete ? missed : null, gone: !complete };
  }

  /** The events after `after`, as many as a page holds; nothing where the request is unknown. */
  async page(viewer: Viewer, after: number, until?: number): Promise<Page> {
    const params = { requestId: this.#requestId, caller: viewer, after, ...(until === undefined ? {} : { until }) };
    try {
      const { epoch, head, events } = await this.#coordinator.call('events', params);
      return { epoch, head, events: logEvents(events) };
    } catch (error) {
      if (error instanceof StepwireError && error.code === 'not_found') return nothing;
      throw error;
    }
  }

  /** The same, and whose request it is. */
  async ownedPage(viewer: Viewer, after: number): Promise<Page & { readonly userId?: string | null }> {
    const answer = await this.#snapshot(viewer, { since: after });
    if (!answer.known) return nothing;
    const { epoch, userId, state, missed = [] } = answer;
    return { epoch, userId, head: state.seq, events: logEvents(missed) };
  }

  /** The rest of a long absence, page by page. @returns false where it is no longer there, or too much */
  async #complete(missed: LogEvent[], viewer: Viewer, since: number, { seq, epoch }: Sighting): Promise<boolean> {
    for (let pages = 1; ; pages += 1) {
      const at = missed.at(-1)?.seq ?? since;
      if (at >= seq) return true;
      const page = pages < MAX_MISSED_PAGES ? await this.page(viewer, at, seq) : nothing;
      if (page.events.length === 0 || page.epoch !== epoch) return false;
      missed.push(...page.events);
    }
  }

  #snapshot(viewer: Viewer, { since, epoch }: From): Promise<RpcResults['snapshot']> {
    const known = { ...(since === undefined ? {} : { since }), ...(epoch === undefined ? {} : { epoch }) };
    return this.#coordinator.call('snapshot', { requestId: this.#requestId, caller: viewer, ...known });
  }
}
