import type { LogEvent } from '@stepwire/protocol';
import { evolve, type RunState } from '@stepwire/run-model';
import type { FoldingDialect, Message } from './dialect.ts';

export interface Folded {
  readonly messages: readonly Message[];
  /** after the last event */
  readonly state: RunState;
}

export interface FoldOptions {
  /** event types or names of messages, see `eventTypes`; null: all. An `ag-ui` stream can't be narrowed. */
  readonly types?: ReadonlySet<string> | null;
  /** how many messages of the first event the client has already, see `Cursor` */
  readonly parts?: number;
}

/** A stretch of a log in a folding dialect. @param before the state before the first of `events` */
export function fold(
  dialect: FoldingDialect,
  before: RunState,
  events: readonly LogEvent[],
  { types = null, parts = 0 }: FoldOptions = {},
): Folded {
  const messages: Message[] = [];
  let state = before;
  for (const [index, event] of events.entries()) {
    const after = evolve(state, event);
    for (const message of dialect.messages(state, event, after).slice(index === 0 ? parts : 0)) {
      if (types === null || types.has(message.name) || types.has(event.type)) messages.push(message);
    }
    state = after;
  }
  return { messages, state };
}
