import { agents, PLAN_STEP } from '@stepwire/protocol';
import { sayCancelled, stepSettled } from './conclude.ts';
import type { Decision, Rejection, TimerRef } from './decision.ts';
import { dispatch } from './follow-up.ts';
import { expire } from './question.ts';
import { refused } from './rejection.ts';
import { stall } from './stall.ts';
import { isFinished, type StepState } from './state.ts';
import { indexOfStep, LEASE_LOST } from './step.ts';
import type { Unfolding } from './unfolding.ts';

export function decideTimer(unfolding: Unfolding, timer: TimerRef): Decision | Rejection {
  const { status, questions, planning, steps } = unfolding.state;
  if (isFinished(status)) return refused('after_terminal');
  if (timer.kind === 'cancel') {
    if (status !== 'cancelling') return refused('not_running');
    sayCancelled(unfolding, true);
    return unfolding.decision();
  }
  if (timer.kind === 'question') {
    const question = questions.find(({ questionId }) => questionId === timer.key);
    if (question === undefined) return refused('not_running');
    expire(unfolding, question);
    return unfolding.decision();
  }
  const step = timer.key === PLAN_STEP ? planning : steps[indexOfStep(steps, timer.key)];
  if (step === undefined || step === null) return refused('unknown_step');
  if (step.attempt !== timer.attempt) return refused('stale_attempt');
  return timer.kind === 'retry' ? retry(unfolding, step) : leaseLost(unfolding, step);
}

/** Dispatching is no event: the step stays `retrying` until it is claimed. */
function retry(unfolding: Unfolding, step: StepState): Decision | Rejection {
  if (unfolding.state.status === 'cancelling') return refused('cancelling');
  if (step.status !== 'retrying') return refused('not_running');
  return unfolding.command(dispatch(unfolding.state, step, unfolding.policy)).decision();
}

/** Its executor was not heard of: the step goes to another as the next attempt; while cancelling it counts as stopped. */
function leaseLost(unfolding: Unfolding, step: StepState): Decision | Rejection {
  if (step.status !== 'running') return refused('not_running');
  const { id, order, tool, attempt, instance } = step;
  const cancelling = unfolding.state.status === 'cancelling';
  const willRetry = !cancelling && step.leaseLosses + 1 < unfolding.policy.maxLeaseLosses;
  const error = { code: LEASE_LOST, message: `${instance ?? 'its agent'} was not heard of` };
  const named = id === PLAN_STEP ? { stepId: id, step: id } : { stepId: id, stepOrder: order };
  unfolding.say(
    'executor.step.progress',
    agents.coordinator,
    { ...named, tool, attempt, status: 'failed', error, willRetry },
    { name: [id, attempt, 'lease-lost'] },
  );
  stepSettled(unfolding, id);
  return unfolding.decision();
}

/** Nothing was heard of the request for `policy.stallAfterMs`, and nobody holds a lease. */
export function decideSilence(unfolding: Unfolding): Decision | Rejection {
  const { seq, managed, status, stalled, updatedAt } = unfolding.state;
  if (isFinished(status)) return refused('after_terminal');
  if (seq === 0) return refused('not_running');
  const quiet = stalled || status === 'waiting' || status === 'cancelling';
  if (!quiet) {
    stall(unfolding);
    return unfolding.decision();
  }
  // Only after a stall, whose timestamp is ours: an agent's own clock, or events of yesterday, abandon nothing.
  const silentMs = unfolding.now - Date.parse(updatedAt ?? '');
  if (managed || !(silentMs >= unfolding.policy.abandonAfterMs)) {
    return refused(status === 'cancelling' ? 'cancelling' : stalled ? 'duplicate' : 'not_running');
  }
  const data = { message: 'its agent has not been heard of', code: 'abandoned' };
  unfolding.say('agent.failed', agents.coordinator, data, { name: ['agent', 'failed'] });
  unfolding.say('request.failed', agents.coordinator, data, { name: ['request', 'failed'] });
  return unfolding.decision();
}
