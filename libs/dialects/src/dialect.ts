import type { LogEvent } from '@stepwire/protocol';
import { evolve, isFinished, type RunState } from '@stepwire/run-model';

/**
 * A front door is a pump (history, then live) × a transport × a dialect (design §7). A dialect is pure: it turns
 * a request's log into messages and knows nothing of sockets or owners.
 *
 * 1. The same events give the same messages, live or read again: what a client missed looks like what it would have seen.
 * 2. How a log is cut into stretches changes how messages are grouped, never what they say.
 * 3. Messages come in the order of the log; each names the last event it tells of.
 */
export interface Message {
  /** the event name on transports that have one (Socket.IO, SSE); `message`, the default of SSE, is left out there */
  readonly name: string;
  /** plain JSON */
  readonly payload: unknown;
  /** `seq` of the last event in it; of an opening message, of the state it shows */
  readonly seq: number;
  /**
   * from 1: which of its event's messages it is; absent on the last, which completes the event. 0 in an opening before
   * its last: there is nothing to resume from
   */
  readonly part?: number;
  /** nothing follows on this connection: the transport closes after it */
  readonly ends?: true;
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

/** Messages also depend on what came before (percentages, rows, phases): who drives it keeps the state. See `fold`. */
export interface FoldingDialect extends Named {
  readonly folds: true;
  /** where a watcher without a cursor begins: before the first event, or at the newest state */
  readonly begins: 'first-event' | 'newest-state';
  /**
   * What a watcher hears before any event.
   * @param state where they begin: `initialState`, the newest one, or the one at their cursor
   * @param resumed they came with a cursor
   */
  opening(state: RunState, resumed: boolean): readonly Message[];
  /** @param after the state with `event` in it, where it is at hand */
  messages(before: RunState, event: LogEvent, after?: RunState): readonly Message[];
  /**
   * What is said again while nothing happens, or null where nothing explains the silence (no lease, no open question,
   * no place in a queue). Absent: this dialect leaves keeping alive to its transport.
   * @param at RFC 3339 time of saying it
   */
  holding?(state: RunState, at: string): Message | null;
}

export type Dialect = StatelessDialect | FoldingDialect;

/** A message before it is numbered. */
export type Told = Pick<Message, 'name' | 'payload' | 'ends'>;

interface Folding extends Pick<FoldingDialect, 'name' | 'begins' | 'holding'> {
  readonly opening: (state: RunState, resumed: boolean) => readonly Told[];
  /** what one event gives, in order; nothing follows the end of a request */
  readonly tell: (before: RunState, event: LogEvent, after: RunState) => readonly Told[];
}

/** A folding dialect that clients narrow by the names of its messages or the types of events. */
export const folding = ({ opening, tell, ...rest }: Folding): FoldingDialect => ({
  ...rest,
  aliases: {},
  folds: true,
  opening: (state, resumed) => numbered(opening(state, resumed), state.seq, () => 0),
  messages(before, event, after = evolve(before, event)) {
    if (isFinished(before.status)) return [];
    return numbered(tell(before, event, after), event.seq, (index) => index + 1);
  },
});

const numbered = (told: readonly Told[], seq: number, partOf: (index: number) => number): readonly Message[] =>
  told.map((one, index) => (index === told.length - 1 ? { ...one, seq } : { ...one, seq, part: partOf(index) }));
