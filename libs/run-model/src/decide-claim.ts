import { agents, PLAN_STEP } from '@stepwire/protocol';
import type { Decision, Input, Rejection } from './decision.ts';
import { leaseOf } from './follow-up.ts';
import { sayPhaseStarted } from './phase.ts';
import { refused } from './rejection.ts';
import { resume } from './stall.ts';
import { isFinished } from './state.ts';
import { indexOfStep } from './step.ts';
import type { Unfolding } from './unfolding.ts';

/** One instance gets to run an attempt; the lease starts with its claim (design §5). */
export function decideClaim(unfolding: Unfolding, input: Extract<Input, { kind: 'claim' }>): Decision | Rejection {
  const { stepId, attempt, instance } = input;
  const { status, managed, planning, steps } = unfolding.state;
  if (isFinished(status)) return refused('after_terminal');
  if (!managed) return refused('unknown_step');
  if (status === 'cancelling') return refused('cancelling');
  const step = stepId === PLAN_STEP ? planning : steps[indexOfStep(steps, stepId)];
  if (step === undefined || step === null) return refused('unknown_step');
  if (step.attempt !== attempt) return refused('stale_attempt');
  if (step.status === 'running') {
    if (step.instance !== instance) return refused('claimed_by_other');
    // The answer to its first claim was lost; it runs from now.
    return unfolding.timer(leaseOf(step, unfolding.policy)).decision();
  }
  // `retrying`: the delay's timer has dispatched it, which is no event.
  if (step.status !== 'ready' && step.status !== 'retrying') return refused('not_running');

  resume(unfolding);
  const naming = { name: [stepId, attempt, 'running'] };
  if (stepId === PLAN_STEP) {
    unfolding.say('agent.progress', agents.planner, { stage: 'planning', attempt, instance }, naming);
  } else {
    sayPhaseStarted(unfolding, step);
    const { order: stepOrder, tool } = step;
    const data = { stepId, stepOrder, tool, status: 'running', attempt, instance } as const;
    unfolding.say('executor.step.progress', agents.executor, data, naming);
  }
  return unfolding.decision();
}
