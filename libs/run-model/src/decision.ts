import type { Command, ErrorBody, ParsedEvent } from '@stepwire/protocol';
import type { RunState } from './state.ts';

/**
 * What `decide` takes and gives. `decide(state, input, now, policy)` is pure: `now` (Unix ms) and the policy are inputs,
 * and what follows comes back as data.
 */
export type Input =
  | {
      readonly kind: 'start';
      readonly commandId: string;
      readonly userId: string;
      readonly userQuery: string;
      readonly context: object;
    }
  | { readonly kind: 'cancel'; readonly commandId: string; readonly by: string; readonly reason?: string | undefined }
  | {
      readonly kind: 'answer';
      readonly commandId: string;
      readonly by: string;
      readonly questionId: string;
      readonly answer: unknown;
    }
  | { readonly kind: 'claim'; readonly stepId: string; readonly attempt: number; readonly instance: string }
  /** an agent's event; `userId` is the owner its AMQP header names, for the first event of an observed request */
  | { readonly kind: 'event'; readonly event: ParsedEvent; readonly userId?: string | undefined }
  | { readonly kind: 'timer'; readonly timer: TimerRef }
  /** no event for `policy.stallAfterMs`, no live lease */
  | { readonly kind: 'silence' };

/**
 * A timer is named by kind and key, one of a name per request; setting it again moves it.
 * - `retry` (key stepId): dispatch the attempt
 * - `lease` (key stepId): the executor was not heard of; `owner` is the instance that keeps it by heartbeat
 * - `question` (key questionId): the deadline
 * - `cancel` (key ''): the grace after `request.cancelling`
 */
export interface TimerRef {
  readonly kind: 'retry' | 'lease' | 'question' | 'cancel';
  readonly key: string;
  /** the attempt it was set for; 0 where attempts do not matter */
  readonly attempt: number;
}
export interface TimerSet extends TimerRef {
  readonly inMs: number;
  readonly owner?: string;
}

/** An event to append: the coordinator adds `seq`; `timestamp` is from `now` for its own events. */
export type NewEvent = ParsedEvent;

export interface Decision {
  readonly kind: 'decision';
  /** to append in this order; an agent's event that stays as it came is the same object */
  readonly events: readonly NewEvent[];
  /** the state after `events` when they get the next numbers: what folding them with `evolve` gives */
  readonly state: RunState;
  readonly commands: readonly Command[];
  readonly setTimers: readonly TimerSet[];
  readonly clearTimers: readonly { readonly kind: TimerRef['kind']; readonly key: string }[];
  /** what the client hears although `events` must be committed: its answer came after the deadline, and that is the expiry */
  readonly rejection?: ErrorBody;
}

/** Why an agent's report, a claim or a timer changes nothing: counted, never an error for anybody. */
export type Refusal =
  | 'after_terminal'
  | 'stale_attempt'
  | 'not_running'
  | 'unknown_step'
  | 'plan_exists'
  | 'reserved_type'
  | 'cancelling'
  | 'duplicate'
  | 'claimed_by_other';

export type Rejection =
  /** to a client's command: an error of the table */
  | { readonly kind: 'rejected'; readonly error: ErrorBody }
  /** to an agent, a claim, a timer */
  | { readonly kind: 'refused'; readonly reason: Refusal };

export interface Policy {
  /** failures of a step until it has failed, where the plan does not say */
  readonly maxAttempts: number;
  /** lost leases of a step until it has failed: a step that takes its executors with it must end some time */
  readonly maxLeaseLosses: number;
  /** delay before attempt n+1 is min(maxMs, baseMs · 2^(failures−1)) */
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly leaseMs: number;
  readonly cancelGraceMs: number;
  readonly abandonAfterMs: number;
  readonly stallAfterMs: number;
}
