import type { LogEvent } from '@stepwire/protocol';
import type { RunState } from './state.ts';

/** What happened. */
export const evolve = (state: RunState, event: LogEvent): RunState => ({
  ...state,
  seq: event.seq,
  createdAt: state.createdAt ?? event.timestamp,
  updatedAt: event.timestamp,
});
