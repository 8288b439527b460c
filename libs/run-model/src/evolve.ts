import { isEvent, type LogEvent } from '@stepwire/protocol';
import { agentCompleted, agentFailed, agentProgress, artifactCreated } from './evolve-agent.ts';
import { planCreated } from './evolve-plan.ts';
import { questionAnswered, questionAsked, questionExpired } from './evolve-question.ts';
import { accepted, begin, cancelled, cancelling, completed, failed } from './evolve-request.ts';
import { stepOutput, stepProgress } from './evolve-step.ts';
import type { Draft, RunState } from './state.ts';
import { isFinished } from './state.ts';

/**
 * What happened: the state after `event`. The coordinator keeps the truth with it, clients keep a screen.
 *
 * 1. Total: it never throws on an event that passed its schema, and one that does not fit the state moves only `seq` and
 *    `updatedAt`. Whether an event is legal is `decide`'s business.
 * 2. It looks at an event's type, agent, timestamp, seq and data, never at its id: the coordinator renames its own.
 * 3. It copies what changes: one shallow copy of the state, and of a list where a member of it changes.
 */
export function evolve(state: RunState, event: LogEvent): RunState {
  const next: Draft = { ...state, seq: event.seq, updatedAt: event.timestamp };
  if (isFinished(state.status)) return next;
  if (state.createdAt === null) begin(next, event);
  apply(next, event);
  return next;
}

/** Most frequent types first: this is a chain of string comparisons on the hot path. */
function apply(next: Draft, event: LogEvent): void {
  if (isEvent(event, 'agent.progress')) agentProgress(next, event.data, event);
  else if (isEvent(event, 'executor.step.progress')) stepProgress(next, event.data, event);
  else if (isEvent(event, 'executor.step.output')) stepOutput(next, event.data);
  else if (isEvent(event, 'planner.plan.created')) planCreated(next, event.data, event);
  else if (isEvent(event, 'executor.question.asked')) questionAsked(next, event.data, event);
  else if (isEvent(event, 'question.answered')) questionAnswered(next, event.data);
  else if (isEvent(event, 'question.expired')) questionExpired(next, event.data);
  else if (isEvent(event, 'executor.artifact.created')) artifactCreated(next, event.data);
  else if (isEvent(event, 'agent.completed')) agentCompleted(next, event.data);
  else if (isEvent(event, 'agent.failed')) agentFailed(next, event.data);
  else if (isEvent(event, 'request.accepted')) accepted(next, event.data, event);
  else if (isEvent(event, 'request.cancelling')) cancelling(next, event.data);
  else if (event.type === 'request.stalled') next.stalled = true;
  else if (event.type === 'request.resumed') next.stalled = false;
  else if (isEvent(event, 'request.completed')) completed(next, event.data, event);
  else if (isEvent(event, 'request.failed')) failed(next, event.data, event);
  else if (isEvent(event, 'request.cancelled')) cancelled(next, event.data, event);
}
