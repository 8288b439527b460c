import { decideAgentEvent } from './decide-agent-event.ts';
import { decideClaim } from './decide-claim.ts';
import { decideAnswer, decideCancel, decideStart } from './decide-client-command.ts';
import { decideSilence, decideTimer } from './decide-timer.ts';
import type { Decision, Input, Policy, Rejection } from './decision.ts';
import type { RunState } from './state.ts';
import { Unfolding } from './unfolding.ts';

/**
 * What follows from an input: events to append, commands and timers; or why nothing does.
 *
 * 1. After a terminal event nothing is accepted; while cancelling, only reports of having stopped.
 * 2. A step's report counts only with the attempt that runs now, so one attempt has one instance.
 * 3. A request ends once: the event that ends it is the last of its decision.
 *
 * @param now Unix ms
 */
export function decide(state: RunState, input: Input, now: number, policy: Policy): Decision | Rejection {
  const unfolding = new Unfolding(state, now, policy);
  switch (input.kind) {
    case 'event':
      return decideAgentEvent(unfolding, input);
    case 'start':
      return decideStart(unfolding, input);
    case 'cancel':
      return decideCancel(unfolding, input);
    case 'answer':
      return decideAnswer(unfolding, input);
    case 'claim':
      return decideClaim(unfolding, input);
    case 'timer':
      return decideTimer(unfolding, input.timer);
    case 'silence':
      return decideSilence(unfolding);
  }
}
