import Type, { type Static, type TSchema } from 'typebox';
import type { ErrorBody } from './errors.ts';
import { Id } from './plan.ts';

/**
 * Questions to the coordinator: exchange `coordinator`, routing key `rpc`, reply by direct reply-to
 * (https://www.rabbitmq.com/docs/direct-reply-to), both JSON, matched by the AMQP `correlationId`.
 */
const Attempt = Type.Integer({ minimum: 1 });

/** On whose behalf a gateway asks. Operators (everyone in open mode) see all requests. */
export type Caller = Static<typeof Caller>;
export const Caller = Type.Object({ userId: Id, operator: Type.Boolean() });
const asked = { requestId: Id, caller: Caller };
const HeldStep = { requestId: Id, stepId: Id, attempt: Attempt };

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
    ...asked,
    since: Type.Optional(Type.Integer({ minimum: 0 })),
    epoch: Type.Optional(Type.String()),
  }),
  /** one page of events after `after`, at most {@link limits.pageBytes} of JSON, at least one event if there is one */
  events: Type.Object({
    ...asked,
    after: Type.Integer({ minimum: 0 }),
    until: Type.Optional(Type.Integer({ minimum: 0 })),
  }),
  heads: Type.Object({ requestIds: Type.Array(Id, { maxItems: 1000 }) }),
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

const Seq = Type.Integer({ minimum: 0 });
const Epoch = Type.String();
const UserId = Type.Union([Id, Type.Null()]);
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

/** A message on `request.feed`: all events of one request from one batch, in order. */
export const FeedMessage = Type.Object({ requestId: Id, epoch: Epoch, userId: UserId, events: Events });
export interface FeedMessage {
  readonly requestId: string;
  readonly epoch: string;
  readonly userId: string | null;
  readonly events: readonly unknown[];
}
