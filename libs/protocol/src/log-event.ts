import type { EventData, EventType } from './events.ts';
import type { JsonObject } from './json.ts';

/** What a reader of the log needs at run time; without the schemas, so that a browser does not load them. */

/** An event with all that the envelope promises, before the coordinator numbered it. */
export interface UnnumberedEvent<T extends string = string> {
  readonly id: string;
  readonly type: T;
  readonly requestId: string;
  readonly agent: string;
  /** RFC 3339, UTC, milliseconds */
  readonly timestamp: string;
  readonly data: T extends EventType ? EventData[T] : JsonObject;
}

/** An event of the log: `seq` is 1, 2, 3 … without a gap within its request. */
export type LogEvent<T extends string = string> = UnnumberedEvent<T> & { readonly seq: number };

/** Narrows an event to one type; its data was checked when it came in. */
export function isEvent<T extends EventType, E extends UnnumberedEvent>(
  event: E,
  type: T,
): event is E & UnnumberedEvent<T> {
  return event.type === type;
}

/** One of these ends a request, and nothing follows it. */
export const terminalTypes: ReadonlySet<string> = new Set(['request.completed', 'request.failed', 'request.cancelled']);

/** Types that belong to the coordinator: refused from outside for managed requests. */
export const isReservedType = (type: string): boolean =>
  type.startsWith('request.') || type === 'question.answered' || type === 'question.expired';

export const agents = {
  planner: 'planner-agent',
  executor: 'executor-agent',
  coordinator: 'coordinator',
  gateway: 'gateway',
} as const;
