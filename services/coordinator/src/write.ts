import { createHash } from 'node:crypto';
import type { Caller, ErrorBody, LogEvent, ParsedEvent } from '@stepwire/protocol';
import type { Input, Refusal, RunState, TimerRef } from '@stepwire/run-model';

/** What the writer takes and gives. */
export type Write =
  /** an agent's event; `hash` names its body where the sender gave no id */
  | {
      readonly kind: 'event';
      readonly event: ParsedEvent;
      readonly userId?: string | undefined;
      readonly hash?: string | undefined;
      readonly redelivered: boolean;
    }
  /** a client's command: `commandId` is the id of the event it causes */
  | { readonly kind: 'command'; readonly requestId: string; readonly caller: Caller; readonly input: CommandInput }
  | { readonly kind: 'claim'; readonly requestId: string; readonly input: Extract<Input, { kind: 'claim' }> }
  | { readonly kind: 'timer'; readonly requestId: string; readonly timer: TimerRef }
  | { readonly kind: 'silence'; readonly requestId: string };

export type CommandInput = Extract<Input, { kind: 'start' | 'cancel' | 'answer' }>;

export type Outcome =
  /** committed; `events` may be empty where the state already says so. `rejection`: what the sender is told all the same */
  | {
      readonly kind: 'applied';
      readonly state: RunState;
      readonly epoch: string;
      readonly seq: number;
      readonly rejection?: ErrorBody;
    }
  /** its event id is in the log as `seq` */
  | { readonly kind: 'repeated'; readonly state: RunState; readonly epoch: string; readonly seq: number }
  | { readonly kind: 'rejected'; readonly state: RunState; readonly epoch: string; readonly error: ErrorBody }
  | { readonly kind: 'refused'; readonly reason: Refusal | 'timer_moved' | 'unknown_request' }
  /** unknown, or not the caller's: the same answer */
  | { readonly kind: 'not_found' }
  /** the database refused this one's data */
  | { readonly kind: 'poison'; readonly message: string };

export const requestIdOf = (write: Write): string => (write.kind === 'event' ? write.event.requestId : write.requestId);

/** Whether the write may be the first that is heard of its request. */
export const mayCreate = (write: Write): boolean =>
  write.kind === 'event' || (write.kind === 'command' && write.input.kind === 'start');

/** The id under which the write would stand in the log; undefined where it has none of its own. */
export function givenId(write: Write): string | undefined {
  if (write.kind === 'event') return write.event.id === '' ? undefined : write.event.id;
  return write.kind === 'command' ? write.input.commandId : undefined;
}

/** Names a body that has no id; its occurrence number in the request follows after `#`. */
export const bodyHash = (body: Buffer): string => `body:${createHash('sha256').update(body).digest('base64url')}`;

/** An event as it is stored: canonical JSON without its seq, which the row holds. */
export function canonicalBody({ id, type, requestId, agent, timestamp, data }: ParsedEvent): string {
  return JSON.stringify({ id, type, requestId, agent, timestamp, data });
}

/** Puts the seq back: `body` is what {@link canonicalBody} made. */
export const withSeq = (body: string, seq: number): string => `${body.slice(0, -1)},"seq":${seq}}`;

export const parseBody = (body: string, seq: number): LogEvent => ({ ...(JSON.parse(body) as ParsedEvent), seq });
