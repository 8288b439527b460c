import { randomUUID } from 'node:crypto';
import {
  type Caller,
  checkJson,
  type LogEvent,
  limits,
  parseParams,
  type RequestRow,
  type RpcMethod,
  type RpcParams,
  type RpcResults,
  type Share,
  StepwireError,
  type Viewer,
} from '@stepwire/protocol';
import { type Input, isFinished, mayWatch } from '@stepwire/run-model';
import type { CommandMethod, Hearing, Readiness, Upstream } from '../upstream.ts';
import { Playback } from './playback.ts';
import type { Recording } from './recording.ts';

export interface RecordedCoordinatorOptions {
  readonly recording: Recording;
  /** how much faster than it was; 0: at once */
  readonly speed: number;
}

/** events on one page */
const PAGE_EVENTS = 200;

type Answers = { readonly [M in RpcMethod]: (params: RpcParams[M], commandId: string) => RpcResults[M] };

/**
 * Answers a gateway as the coordinator does, about requests that all play one recording, kept in memory. For frontend
 * developers: nothing is durable, and there are no agents, nor dead letters.
 */
export class RecordedCoordinator implements Upstream {
  readonly #options: RecordedCoordinatorOptions;
  readonly #hearing: Hearing;
  /** names every history of this process */
  readonly #epoch = randomUUID().slice(0, 8);
  /** in the order they were started */
  readonly #requests = new Map<string, Playback>();
  /** all events of a user's requests, in the order they happened */
  readonly #feeds = new Map<string | null, LogEvent[]>();
  readonly #shares = new Map<string, Share>();
  readonly #signedOut = new Set<string>();

  constructor(options: RecordedCoordinatorOptions, hearing: Hearing) {
    this.#options = options;
    this.#hearing = hearing;
  }

  async ask<M extends RpcMethod>(method: M, params: RpcParams[M], commandId: string = randomUUID()) {
    // what would have come over the wire: without what is undefined, and checked
    const sent: unknown = checkJson(JSON.parse(JSON.stringify(params)));
    return this.#answers[method](parseParams(method, sent), commandId);
  }

  command<M extends CommandMethod>(method: M, params: RpcParams[M], commandId?: string): Promise<RpcResults[M]> {
    return this.ask(method, params, commandId);
  }

  async hold(): Promise<void> {
    // all is heard anyway
  }
  release(): void {
    // as above
  }
  async readiness(): Promise<Readiness> {
    return { ready: true, missing: [] };
  }
  async close(): Promise<void> {
    for (const playback of this.#requests.values()) playback.stop();
  }

  readonly #answers: Answers = {
    start: ({ requestId, caller, userQuery, context }, commandId) => {
      const playback = this.#requests.get(requestId) ?? this.#newPlayback(requestId);
      const refusal = playback.start({ kind: 'start', commandId, userId: caller.userId, userQuery, context });
      if (refusal === undefined) return { requestId, seq: 1, epoch: this.#epoch, created: true };
      const { state } = playback;
      const again =
        state.managed &&
        state.userId === caller.userId &&
        state.userQuery === userQuery &&
        JSON.stringify(state.context) === JSON.stringify(context);
      if (again) return { requestId, seq: 1, epoch: this.#epoch, created: false };
      throw StepwireError.from(refusal);
    },
    cancel: ({ requestId, caller, reason }, commandId) => {
      const { status, seq } = this.#decided(requestId, caller, {
        kind: 'cancel',
        commandId,
        by: caller.userId,
        reason,
      });
      return { requestId, seq, status };
    },
    feedback: ({ requestId, caller, questionId, answer }, commandId) => {
      const input = { kind: 'answer', commandId, by: caller.userId, questionId, answer } as const;
      return { requestId, seq: this.#decided(requestId, caller, input).seq, questionId };
    },
    snapshot: ({ requestId, caller, since, epoch }) => {
      const playback = this.#visible(requestId, caller);
      if (playback === undefined) return { known: false };
      const { state, log } = playback;
      const answer = { known: true, epoch: this.#epoch, userId: state.userId, state: { ...state } } as const;
      if (since === undefined) return answer;
      if (since > state.seq || (epoch !== undefined && epoch !== this.#epoch)) return { ...answer, reset: true };
      return { ...answer, missed: log.slice(since, since + PAGE_EVENTS) };
    },
    events: ({ requestId, caller, after, until = Number.MAX_SAFE_INTEGER }) => {
      const playback = this.#visible(requestId, caller);
      if (playback === undefined) throw unknown(requestId);
      const { log } = playback;
      return { epoch: this.#epoch, head: log.length, events: log.slice(after, Math.min(until, after + PAGE_EVENTS)) };
    },
    heads: ({ requestIds }) => {
      const heads = requestIds.flatMap((requestId) => {
        const state = this.#requests.get(requestId)?.state;
        if (state === undefined) return [];
        return [[requestId, { seq: state.seq, epoch: this.#epoch, finished: isFinished(state.status) }] as const];
      });
      return Object.fromEntries(heads);
    },
    feed: ({ caller, userId, after = 0, epoch }) => {
      if (!caller.operator && userId !== caller.userId) throw new StepwireError('not_found', 'there is no such feed');
      const events = this.#feeds.get(userId) ?? [];
      const own = events.length === 0 ? null : this.#epoch;
      if (after > events.length || (after > 0 && epoch !== undefined && epoch !== own)) {
        throw new StepwireError('cursor_gone', 'this cursor is of a history that is no more');
      }
      return { epoch: own, head: events.length, after, events: events.slice(after, after + PAGE_EVENTS) };
    },
    feedHeads: ({ userIds }) => {
      const heads = userIds.map((userId) => this.#feeds.get(userId)?.length ?? 0);
      return { heads: heads.map((head) => ({ epoch: head === 0 ? null : this.#epoch, head })) };
    },
    list: ({ caller, status, q, from, to, limit, cursor }) => {
      const newestFirst = [...this.#requests.values()].map(rowOf).reverse();
      const wanted = newestFirst.filter(
        (row) =>
          (caller.operator || row.userId === caller.userId) &&
          (status === undefined || status.includes(row.status)) &&
          (q === undefined || row.userQuery?.toLowerCase().includes(q.toLowerCase())) &&
          (from === undefined || row.createdAt >= new Date(from).toISOString()) &&
          (to === undefined || row.createdAt < new Date(to).toISOString()),
      );
      const begin = cursor === undefined ? 0 : wanted.findIndex(({ requestId }) => requestId === cursor) + 1;
      if (cursor !== undefined && begin === 0) throw new StepwireError('bad_cursor', 'this is no cursor of a list');
      const requests = wanted.slice(begin, begin + limit);
      return { requests, cursor: begin + limit < wanted.length ? (requests.at(-1)?.requestId ?? null) : null };
    },
    share: ({ requestId, caller, expiresAt }, commandId) => {
      this.#own(requestId, caller);
      if (!(Date.parse(expiresAt) > Date.now())) {
        throw new StepwireError('bad_request', 'share: /expiresAt has passed', { path: '/expiresAt' });
      }
      const share = { shareId: commandId, requestId, expiresAt };
      this.#shares.set(commandId, share);
      return share;
    },
    unshare: ({ requestId, caller, shareId }) => {
      this.#own(requestId, caller);
      if (this.#shares.get(shareId)?.requestId !== requestId || !this.#shares.delete(shareId)) {
        throw new StepwireError('not_found', `${requestId} has no share ${shareId}`);
      }
      return {};
    },
    shares: ({ requestId, caller }) => {
      this.#own(requestId, caller);
      const shares = [...this.#shares.values()].filter((share) => share.requestId === requestId);
      return { shares: shares.filter(({ shareId }) => this.#isValid(shareId)) };
    },
    validShares: ({ shareIds }) => ({ shareIds: shareIds.filter((shareId) => this.#isValid(shareId)) }),
    signOut: ({ sessionId }) => {
      this.#signedOut.add(sessionId);
      return {};
    },
    signedOut: ({ sessionIds }) => ({ sessionIds: sessionIds.filter((id) => this.#signedOut.has(id)) }),
    deadLetters: () => ({ deadLetters: [], total: 0, cursor: null }),
    retryDeadLetter: ({ deadLetterId }) => noDeadLetter(deadLetterId),
    discardDeadLetter: ({ deadLetterId }) => noDeadLetter(deadLetterId),
    health: () => ({ database: 'ok', agents: { planner: 1, executor: 1 } }),
    // agents ask these, and there are none
    claim: () => ({ verdict: 'stop', reason: 'this is a recording' }),
    heartbeat: () => ({ stop: [] }),
  };

  #newPlayback(requestId: string): Playback {
    const happened = (events: readonly LogEvent[]): void => this.#happened(requestId, events);
    const playback = new Playback({ ...this.#options, requestId, happened });
    this.#requests.set(requestId, playback);
    return playback;
  }

  #happened(requestId: string, events: readonly LogEvent[]): void {
    const userId = this.#requests.get(requestId)?.state.userId ?? null;
    const feed = this.#feeds.get(userId) ?? [];
    this.#feeds.set(userId, feed);
    const position = feed.length + 1;
    feed.push(...events);
    const told = { requestId, epoch: this.#epoch, userId, feedEpoch: this.#epoch, position, events };
    setImmediate(() => this.#hearing.feed(told));
  }

  /** @throws StepwireError the run model's refusal, or `not_found` */
  #decided(requestId: string, caller: Caller, input: Input): { status: string; seq: number } {
    const playback = this.#own(requestId, caller);
    const refusal = playback.command(input);
    if (refusal !== undefined) throw StepwireError.from(refusal);
    return playback.state;
  }

  /** undefined: there is none, or the viewer may not watch it: the same answer */
  #visible(requestId: string, viewer: Viewer): Playback | undefined {
    const playback = this.#requests.get(requestId);
    if (playback === undefined || !mayWatch({ requestId, userId: playback.state.userId }, viewer)) return undefined;
    return 'shareId' in viewer && !this.#isValid(viewer.shareId) ? undefined : playback;
  }

  /** @throws StepwireError `not_found` */
  #own(requestId: string, caller: Caller): Playback {
    const playback = this.#visible(requestId, caller);
    if (playback === undefined) throw unknown(requestId);
    return playback;
  }

  #isValid(shareId: string): boolean {
    const share = this.#shares.get(shareId);
    return share !== undefined && Date.parse(share.expiresAt) > Date.now();
  }
}

const unknown = (requestId: string): StepwireError =>
  new StepwireError('not_found', `there is no request ${requestId}`);

function noDeadLetter(deadLetterId: string): never {
  throw new StepwireError('not_found', `there is no dead letter ${deadLetterId}`);
}

const rowOf = ({ state }: Playback): RequestRow => ({
  requestId: state.requestId,
  userId: state.userId,
  userQuery: state.userQuery?.slice(0, limits.listedQueryChars) ?? null,
  status: state.status,
  progress: state.progress,
  currentStage: state.currentStage,
  createdAt: state.createdAt ?? '',
  updatedAt: state.updatedAt ?? '',
  finishedAt: state.finishedAt,
  seq: state.seq,
});
