import type { LogEvent } from '@stepwire/protocol';
import type { RunState } from '@stepwire/run-model';

/**
 * A front door is a pump (history, then live) × a transport × a dialect (design §7). A dialect is pure: it turns
 * stretches of a request's log into messages and knows nothing of sockets, cursors or owners.
 *
 * 1. The same events give the same messages, live or read again: what a client missed looks like what it would have seen.
 * 2. How a log is cut into stretches changes how messages are grouped, never what they say.
 * 3. Messages come in the order of the log; each names the last event it tells of, and the type of that event.
 */
export interface Message {
  /** the event name on transports that have one (Socket.IO, SSE) */
  readonly name: string;
  /** plain JSON */
  readonly payload: unknown;
  /** `seq` of the last event in it: what a client resumes from */
  readonly seq: number;
}

interface Named {
  readonly name: string;
  /** names of its own that stand for event types where a client narrows with `types` */
  readonly aliases: Readonly<Record<string, string>>;
}

/** Each event speaks for itself. */
export interface StatelessDialect extends Named {
  readonly folds: false;
  messages(events: readonly LogEvent[]): readonly Message[];
}

/** Messages also depend on what came before (percentages, rows, phases): who drives it keeps the state. */
export interface FoldingDialect extends Named {
  readonly folds: true;
  /** @param before the state before the first of `events` */
  messages(before: RunState, events: readonly LogEvent[]): readonly Message[];
}

export type Dialect = StatelessDialect | FoldingDialect;
