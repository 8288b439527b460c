import { type FeedMessage, type LogEvent, type RpcResults, StepwireError } from '@stepwire/protocol';
import type { RunState } from '@stepwire/run-model';

/**
 * What the coordinator sends, from JSON to types. It is our own and checked everything on its way in, so only what a room
 * relies upon is looked at again: that events are events and that their `seq` is dense.
 */
export type Feed = Omit<FeedMessage, 'events'> & { readonly events: readonly LogEvent[] };

/** null: not a feed message; what it would have told is found by reading */
export function parseFeed(body: Buffer): Feed | null {
  let message: unknown;
  try {
    message = JSON.parse(body.toString('utf8'));
  } catch {
    return null; // counted by the caller: who publishes this has another version than we
  }
  return isFeed(message) ? message : null;
}

function isFeed(message: unknown): message is Feed {
  return (
    has(message, 'requestId', 'epoch', 'userId', 'feedEpoch', 'position', 'events') &&
    typeof message.requestId === 'string' &&
    typeof message.epoch === 'string' &&
    typeof message.feedEpoch === 'string' &&
    typeof message.position === 'number' &&
    (message.userId === null || typeof message.userId === 'string') &&
    Array.isArray(message.events) &&
    isDense(message.events)
  );
}

/** @throws StepwireError `unavailable` */
export function logEvents(events: readonly unknown[]): readonly LogEvent[] {
  if (isDense(events)) return events;
  throw new StepwireError('unavailable', 'the coordinator answered with events that are not dense');
}

/** @throws StepwireError `unavailable` */
export function runState(state: Extract<RpcResults['snapshot'], { known: true }>['state']): RunState {
  if (isRunState(state)) return state;
  throw new StepwireError('unavailable', 'the coordinator answered with something that is no state');
}

function isRunState(state: unknown): state is RunState {
  return (
    has(state, 'seq', 'status', 'steps', 'questions') && Array.isArray(state.steps) && Array.isArray(state.questions)
  );
}

function isDense(events: readonly unknown[]): events is readonly LogEvent[] {
  let expected: number | undefined;
  for (const event of events) {
    if (!has(event, 'seq', 'type', 'data') || typeof event.seq !== 'number' || typeof event.type !== 'string')
      return false;
    if (expected !== undefined && event.seq !== expected) return false;
    expected = event.seq + 1;
  }
  return true;
}

function has<K extends string>(value: unknown, ...members: readonly K[]): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && members.every((member) => member in value);
}
