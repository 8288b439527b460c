import Type, { type Static, type TSchema } from 'typebox';
import { Caller, Viewer } from './caller.ts';
import type { ErrorBody } from './errors.ts';
import { limits } from './limits.ts';
import { Id } from './plan.ts';

/**
 * Questions to the coordinator, routing key `rpc`, reply by direct reply-to
 * (https://www.rabbitmq.com/docs/direct-reply-to), both JSON, matched by the AMQP `correlationId`. Gateways ask on exchange
 * `coordinator`, agents on `coordinator.agents`, where {@link agentMethods} alone are answered.
 */
const Attempt = Type.Integer({ minimum: 1 });
const Seq = Type.Integer({ minimum: 0 });
const Epoch = Type.String();
const UserId = Type.Union([Id, Type.Null()]);
const Time = Type.String({ format: 'date-time' });
const Cursor = Type.String({ maxLength: 1000, description: 'opaque: as it was given out' });
const PageSize = Type.Integer({ minimum: 1, maximum: limits.listRows });

const asked = { requestId: Id, caller: Caller };
const watched = { requestId: Id, caller: Viewer };
const HeldStep = { requestId: Id, stepId: Id, attempt: Attempt };

export const RequestStatus = Type.Union([
  Type.Literal('queued'),
  Type.Literal('planning'),
  Type.Literal('running'),
  Type.Literal('waiting'),
  Type.Literal('cancelling'),
  Type.Literal('completed'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
]);

/** A request as a list shows it. */
export const RequestRow = Type.Object({
  requestId: Id,
  userId: UserId,
  /** its first {@link limits.listedQueryChars}; null in an observed request that never said it */
  userQuery: Type.Union([Type.String(), Type.Null()]),
  status: RequestStatus,
  progress: Type.Number({ minimum: 0, maximum: 100 }),
  currentStage: Type.String(),
  createdAt: Time,
  updatedAt: Time,
  finishedAt: Type.Union([Time, Type.Null()]),
  seq: Seq,
});

export const Share = Type.Object({ shareId: Id, requestId: Id, expiresAt: Time });

/** A message that was refused. Equal ones (routing key, messageId, body) are one letter. */
export const DeadLetter = Type.Object({
  deadLetterId: Id,
  /** begins with a name, such as `bad_request: …` */
  reason: Type.String(),
  /** where it was published first, and where a retry publishes it again */
  exchange: Type.String(),
  routingKey: Type.String(),
  messageId: Type.Union([Type.String(), Type.Null()]),
  appId: Type.Union([Type.String(), Type.Null()]),
  /** its beginning, at most {@link limits.deadLetterBodyChars} */
  body: Type.String(),
  /** of the whole body, as it was published */
  bytes: Seq,
  /** false: too large to be kept whole, so it can only be discarded */
  retryable: Type.Boolean(),
  /** how often it came */
  count: Type.Integer({ minimum: 1 }),
  /** when it came last */
  at: Time,
});

export const rpcParams = {
  start: Type.Object({
    ...asked,
    userQuery: Type.String({ minLength: 1 }),
    context: Type.Object({}),
  }),
  cancel: Type.Object({ ...asked, reason: Type.Optional(Type.String({ maxLength: 1000 })) }),
  feedback: Type.Object({ ...asked, questionId: Id, answer: Type.Unknown() }),
  /** the state at the head, and with `since` the events after it */
  snapshot: Type.Object({
    ...watched,
    since: Type.Optional(Seq),
    epoch: Type.Optional(Type.String()),
  }),
  /** one page of events after `after`, at most {@link limits.pageBytes} of JSON, at least one event if there is one */
  events: Type.Object({
    ...watched,
    after: Seq,
    until: Type.Optional(Seq),
  }),
  heads: Type.Object({ requestIds: Type.Array(Id, { maxItems: 1000 }) }),
  /**
   * a page of everything in a user's requests, or with `userId: null` in those of nobody (operators). Without `after` from
   * the oldest point since which nothing was pruned. `epoch` is that of the numbering `after` is of.
   */
  feed: Type.Object({
    caller: Caller,
    userId: UserId,
    after: Type.Optional(Seq),
    epoch: Type.Optional(Type.Union([Epoch, Type.Null()])),
  }),
  feedHeads: Type.Object({ userIds: Type.Array(UserId, { maxItems: 1000 }) }),
  /** the caller's requests, operators: all, newest first */
  list: Type.Object({
    caller: Caller,
    status: Type.Optional(Type.Array(RequestStatus, { minItems: 1, maxItems: 8 })),
    /** text in the question, in any case */
    q: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    /** created then or later, and earlier than `to` */
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    limit: PageSize,
    cursor: Type.Optional(Cursor),
  }),
  /** lets whoever has the shareId watch until then; a repeat with the same `commandId` gets the same share */
  share: Type.Object({ ...asked, expiresAt: Time }),
  unshare: Type.Object({ ...asked, shareId: Id }),
  /** what `share` made of this request and is still valid */
  shares: Type.Object(asked),
  /** which of these are still valid: neither expired nor taken back, and the request is still there */
  validShares: Type.Object({ shareIds: Type.Array(Id, { maxItems: 1000 }) }),
  /** a session of a gateway's is over, on all of them; `expiresAt`: from then on its cookie would be refused anyway */
  signOut: Type.Object({ sessionId: Id, expiresAt: Time }),
  /** which of these sessions were signed out */
  signedOut: Type.Object({ sessionIds: Type.Array(Id, { maxItems: 1000 }) }),
  /** operators only, newest first */
  deadLetters: Type.Object({ caller: Caller, limit: PageSize, cursor: Type.Optional(Cursor) }),
  /** publishes it again where it was published first, as often as it came */
  retryDeadLetter: Type.Object({ caller: Caller, deadLetterId: Id }),
  discardDeadLetter: Type.Object({ caller: Caller, deadLetterId: Id }),
  claim: Type.Object({ requestId: Id, stepId: Id, attempt: Attempt, instance: Id }),
  heartbeat: Type.Object({
    instance: Id,
    /** what it can do; absent in agents that only keep leases */
    role: Type.Optional(Type.String({ maxLength: 50 })),
    steps: Type.Array(Type.Object(HeldStep), { maxItems: 1000 }),
  }),
  health: Type.Object({}),
} as const;

export type RpcMethod = keyof typeof rpcParams;
export type RpcParams = { [M in RpcMethod]: Static<(typeof rpcParams)[M]> };

/** What agents ask, on an exchange of their own. The rest names a caller, whom the coordinator believes, and is for gateways. */
export const agentMethods = ['claim', 'heartbeat'] as const satisfies readonly RpcMethod[];

/** events as they are in the log, `seq` included */
const Events = Type.Array(Type.Unknown());

export const rpcResults = {
  /** `created: false`: this user started it before. `seq` is that of `request.accepted`. */
  start: Type.Object({ requestId: Id, seq: Seq, epoch: Epoch, created: Type.Boolean() }),
  cancel: Type.Object({ requestId: Id, seq: Seq, status: Type.String() }),
  feedback: Type.Object({ requestId: Id, seq: Seq, questionId: Id }),
  snapshot: Type.Union([
    Type.Object({ known: Type.Literal(false) }),
    Type.Object({
      known: Type.Literal(true),
      epoch: Epoch,
      userId: UserId,
      /** the folded state at `seq`, a `RunState` of `libs/run-model` */
      state: Type.Unsafe<Record<string, unknown> & { seq: number }>(Type.Object({ seq: Seq })),
      /** events since+1 … seq; absent without `since`. May end early: then ask `events` for the rest. */
      missed: Type.Optional(Events),
      /** `since` is beyond the head or of another epoch: start over from `state` */
      reset: Type.Optional(Type.Literal(true)),
    }),
  ]),
  events: Type.Object({ epoch: Epoch, head: Seq, events: Events }),
  /** by requestId; unknown ones are absent */
  heads: Type.Record(Type.String(), Type.Object({ seq: Seq, epoch: Epoch, finished: Type.Boolean() })),
  /**
   * The event at index i has position after + 1 + i: a page has no gaps. `after` is the one that was asked for. `cursor_gone`:
   * something after `after` was pruned, or it is beyond the head or of another epoch.
   */
  feed: Type.Object({ epoch: Type.Union([Epoch, Type.Null()]), head: Seq, after: Seq, events: Events }),
  /** in the order they were asked for; `epoch` null: there was no event yet */
  feedHeads: Type.Object({
    heads: Type.Array(Type.Object({ epoch: Type.Union([Epoch, Type.Null()]), head: Seq })),
  }),
  /** A page may be short, even empty, and yet have a `cursor`: each looks through a bounded stretch of the list. Null: the end */
  list: Type.Object({ requests: Type.Array(RequestRow), cursor: Type.Union([Cursor, Type.Null()]) }),
  share: Share,
  unshare: Type.Object({}),
  shares: Type.Object({ shares: Type.Array(Share) }),
  validShares: Type.Object({ shareIds: Type.Array(Id) }),
  signOut: Type.Object({}),
  signedOut: Type.Object({ sessionIds: Type.Array(Id) }),
  /** `total`: the counts of all that are kept, summed */
  deadLetters: Type.Object({
    deadLetters: Type.Array(DeadLetter),
    total: Seq,
    cursor: Type.Union([Cursor, Type.Null()]),
  }),
  retryDeadLetter: Type.Object({}),
  discardDeadLetter: Type.Object({}),
  claim: Type.Union([
    Type.Object({ verdict: Type.Literal('go') }),
    Type.Object({ verdict: Type.Literal('stop'), reason: Type.String() }),
  ]),
  /**
   * the steps of this instance that must stop. `reason` `cancelled`: report that it stopped; any other (`lease_lost`:
   * finished, or given to another): say nothing more
   */
  heartbeat: Type.Object({ stop: Type.Array(Type.Object({ ...HeldStep, reason: Type.String() })) }),
  /** agents by role: how many instances were heard of within a lease */
  health: Type.Object({ database: Type.Literal('ok'), agents: Type.Record(Type.String(), Seq) }),
} as const satisfies Record<RpcMethod, TSchema>;

export type RpcResults = { [M in RpcMethod]: Static<(typeof rpcResults)[M]> };

export type RequestStatus = Static<typeof RequestStatus>;
export type RequestRow = Static<typeof RequestRow>;
export type Share = Static<typeof Share>;
export type DeadLetter = Static<typeof DeadLetter>;

export const RpcRequest = Type.Object({
  method: Type.String(),
  params: Type.Object({}),
  /**
   * ms that the asker waits; the coordinator counts from when it gets the question, on its own clock, and then no longer
   * answers. A point in time would be one on the asker's clock, which may be hours away from the coordinator's.
   */
  timeoutMs: Type.Integer({ minimum: 1 }),
  /** becomes the id of the event that the command causes, so that a repeat has no second effect */
  commandId: Type.Optional(Id),
});
export interface RpcRequest<M extends RpcMethod = RpcMethod> {
  readonly method: M;
  readonly params: RpcParams[M];
  readonly timeoutMs: number;
  readonly commandId?: string;
}
export type RpcReply<M extends RpcMethod = RpcMethod> =
  | { readonly ok: true; readonly result: RpcResults[M] }
  | { readonly ok: false; readonly error: ErrorBody };

/**
 * A message on `request.feed`: all events of one request from one batch, in order. `position` is the first one's in its
 * owner's numbering (the others follow), `feedEpoch` that numbering's.
 */
export const FeedMessage = Type.Object({
  requestId: Id,
  epoch: Epoch,
  userId: UserId,
  feedEpoch: Epoch,
  position: Type.Integer({ minimum: 1 }),
  events: Events,
});
export type FeedMessage = Readonly<Static<typeof FeedMessage>>;
