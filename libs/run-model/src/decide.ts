import type { Decision, Input, Policy, Rejection } from './decision.ts';
import type { RunState } from './state.ts';

/** What follows: under construction. */
export function decide(state: RunState, _input: Input, _now: number, _policy: Policy): Decision | Rejection {
  return { kind: 'decision', events: [], state, commands: [], setTimers: [], clearTimers: [] };
}
