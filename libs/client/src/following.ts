import type { LogEvent } from '@stepwire/protocol';
import { evolve, initialState, isFinished, type RunState } from '@stepwire/run-model';
import type { ServerState, StateFrame } from './frames.ts';

/**
 * How one request is followed, pure: what came in before and what comes in now give what is passed on. Whatever a connection
 * loses, doubles or reorders,
 *
 * 1. an event is passed on once, and after the one with the number before it;
 * 2. where a number is missing nothing is passed on; what follows the last one is asked for again, with `since`;
 * 3. the state is that of the server at `seq`: folded with the same `evolve`, or, where versions differ, as the server shows it;
 * 4. a history that was replaced (`reset`, or another epoch) is a new beginning: nothing of the old one is left.
 */
export interface Following {
  readonly requestId: string;
  /** of the history that `seq` counts in; null while it is not known */
  readonly epoch: string | null;
  /** everything up to here was passed on, or was before we came */
  readonly seq: number;
  readonly standing: Standing;
  readonly view: View;
}

/** `apart`: not joined. `asked`: a `state` is on its way. `level`: what comes follows on what we have. */
export type Standing = 'apart' | 'asked' | 'level';

export type View =
  /** nothing has come yet. `since`: whoever watches has what is before `seq`, and wants what is after it. */
  | { readonly kind: 'none'; readonly since: boolean }
  | { readonly kind: 'folded'; readonly run: RunState }
  /** the versions differ: as the server showed it, at its own `seq` */
  | { readonly kind: 'shown'; readonly state: ServerState };

export type Incoming =
  | { readonly kind: 'state'; readonly frame: StateFrame }
  | { readonly kind: 'events'; readonly events: readonly LogEvent[] }
  /** a join was sent, or will be before anything else */
  | { readonly kind: 'asking' }
  | { readonly kind: 'cut' };

export interface Followed {
  readonly following: Following;
  /** to pass on, in this order */
  readonly news: readonly LogEvent[];
  /** must be followed by a join from `seq` */
  readonly ask: boolean;
}

/** What somebody has of a request already; without `since` they begin with what is there. */
export interface Cursor {
  readonly since?: number | undefined;
  /** of the snapshot that `since` is from */
  readonly epoch?: string | undefined;
}

export const follow = (requestId: string, { since, epoch }: Cursor = {}): Following => ({
  requestId,
  epoch: epoch ?? null,
  seq: since ?? 0,
  standing: 'apart',
  view: { kind: 'none', since: since !== undefined },
});

export function step(following: Following, incoming: Incoming): Followed {
  switch (incoming.kind) {
    case 'asking':
      return quiet({ ...following, standing: 'asked' });
    case 'cut':
      return quiet({ ...following, standing: 'apart' });
    case 'events':
      return takeEvents(following, incoming.events);
    case 'state':
      return takeState(following, incoming.frame);
  }
}

/** Ended, and nothing is missing. */
export const hasEnded = ({ view }: Following): boolean => {
  if (view.kind === 'none') return false;
  const { status } = view.kind === 'folded' ? view.run : view.state;
  return status !== 'unknown' && isFinished(status);
};

/** What the server shows is older than what was passed on: only where versions differ. */
export const isStale = ({ view, seq }: Following): boolean => view.kind === 'shown' && view.state.seq < seq;

/** What a join names, so that what follows is what was missed and nothing else. */
export const cursorOf = (following: Following): { since?: number; epoch?: string } => {
  const { seq, epoch } = following;
  return hasPart(following) ? { since: seq, ...(epoch === null ? {} : { epoch }) } : {};
};

/** Who comes for the first time and named nothing can miss nothing. */
const hasPart = ({ view }: Following): boolean => view.kind !== 'none' || view.since;

const quiet = (following: Following): Followed => ({ following, news: [], ask: false });

function takeEvents(following: Following, events: readonly LogEvent[]): Followed {
  // until `state` comes, what is missing is not known; it brings whatever is dropped here
  if (following.standing !== 'level') return quiet(following);
  const { news, gap } = continuing(following.seq, events);
  return { following: { ...passOn(following, news), standing: gap ? 'asked' : 'level' }, news, ask: gap };
}

/** Of these, what comes next without a gap. */
function continuing(seq: number, events: readonly LogEvent[]): { news: readonly LogEvent[]; gap: boolean } {
  const news: LogEvent[] = [];
  let next = seq + 1;
  for (const event of events) {
    if (event.seq < next) continue;
    if (event.seq > next) return { news, gap: true };
    news.push(event);
    next += 1;
  }
  return { news, gap: false };
}

function passOn(following: Following, news: readonly LogEvent[]): Following {
  const { view } = following;
  const seq = news.at(-1)?.seq ?? following.seq;
  if (view.kind !== 'folded') return { ...following, seq };
  return { ...following, seq, view: { kind: 'folded', run: news.reduce(evolve, view.run) } };
}

function takeState(following: Following, frame: StateFrame): Followed {
  const { seq, epoch } = following;
  const replaced = frame.reset || (epoch !== null && frame.epoch !== epoch) || (frame.epoch === null && seq > 0);
  if (replaced) return quiet(begun(following, frame));
  if (frame.seq < seq) return quiet({ ...following, standing: 'level', epoch: frame.epoch ?? epoch });
  if (!hasPart(following)) return quiet(begun(following, frame));
  const { news, gap } = continuing(seq, frame.missed ?? []);
  const reached = news.at(-1)?.seq ?? seq;
  if (gap || reached < frame.seq) return { following: { ...following, standing: 'asked' }, news: [], ask: true };
  return { following: begun(following, frame), news, ask: false };
}

/** As the server says it is. */
function begun({ requestId }: Following, { shown, seq, epoch, foldable, run }: StateFrame): Following {
  const begin = epoch === null && foldable ? initialState(requestId) : run;
  const view: View = begin === null ? { kind: 'shown', state: shown } : { kind: 'folded', run: begin };
  return { requestId, epoch, seq, standing: 'level', view };
}
