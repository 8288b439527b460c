import type { Command, PlanStep, StepInput } from '@stepwire/protocol';
import { PLAN_STEP } from '@stepwire/protocol';
import type { Policy, TimerRef, TimerSet } from './decision.ts';
import { lostLeaseDelayMs, retryDelayMs } from './policy.ts';
import type { RunState, StepState } from './state.ts';
import { LEASE_LOST } from './step.ts';

/**
 * Commands and timers as the difference of two states. That a step is dispatched exactly when it becomes ready, and that
 * no timer outlives what it watches, holds here for every decision at once.
 */
interface FollowUp {
  readonly commands: Command[];
  readonly setTimers: TimerSet[];
  readonly clearTimers: Pick<TimerRef, 'kind' | 'key'>[];
}

export function followUp(before: RunState, after: RunState, now: number, policy: Policy): FollowUp {
  const follows: FollowUp = { commands: [], setTimers: [], clearTimers: [] };
  if (after.managed) {
    if (after.planning !== before.planning) stepChanged(follows, before.planning, after.planning, after, policy);
    if (after.steps !== before.steps) {
      // A managed plan never changes: the same step has the same index.
      after.steps.forEach((step, i) => {
        stepChanged(follows, before.steps[i] ?? null, step, after, policy);
      });
    }
  }
  if (after.questions !== before.questions) questionsChanged(follows, before, after, now);
  if (after.status !== before.status) {
    const cancel = { kind: 'cancel', key: '' } as const;
    if (after.status === 'cancelling') follows.setTimers.push({ ...cancel, attempt: 0, inMs: policy.cancelGraceMs });
    if (before.status === 'cancelling') follows.clearTimers.push(cancel);
  }
  return follows;
}

function stepChanged(
  follows: FollowUp,
  was: StepState | null,
  step: StepState | null,
  state: RunState,
  policy: Policy,
) {
  // No step is of the same status in two attempts that follow one another.
  if (step === null || was?.status === step.status) return;
  const key = step.id;
  if (was?.status === 'running') follows.clearTimers.push({ kind: 'lease', key });
  if (was?.status === 'retrying') follows.clearTimers.push({ kind: 'retry', key });
  if (step.status === 'ready') follows.commands.push(dispatch(state, step, policy));
  if (step.status === 'running') follows.setTimers.push(leaseOf(step, policy));
  if (step.status === 'retrying') {
    const { attempt, failures, leaseLosses, error } = step;
    const inMs =
      error?.code === LEASE_LOST
        ? lostLeaseDelayMs(leaseLosses, [state.requestId, key, attempt].join('/'), policy)
        : retryDelayMs(failures, policy);
    follows.setTimers.push({ kind: 'retry', key, attempt, inMs });
  }
}

export const leaseOf = ({ id, attempt, instance }: StepState, policy: Policy): TimerSet => ({
  kind: 'lease',
  key: id,
  attempt,
  inMs: policy.leaseMs,
  ...(instance === null ? {} : { owner: instance }),
});

function questionsChanged(follows: FollowUp, before: RunState, after: RunState, now: number): void {
  const open = (state: RunState) => new Set(state.questions.map(({ questionId }) => questionId));
  const [was, is] = [open(before), open(after)];
  for (const { questionId: key, expiresAt } of before.questions) {
    if (!is.has(key) && expiresAt !== null) follows.clearTimers.push({ kind: 'question', key });
  }
  for (const { questionId: key, expiresAt } of after.questions) {
    if (was.has(key) || expiresAt === null) continue;
    follows.setTimers.push({ kind: 'question', key, attempt: 0, inMs: Math.max(0, Date.parse(expiresAt) - now) });
  }
}

/** The command that hands out a step's current attempt. */
export function dispatch(state: RunState, step: StepState, policy: Policy): Command {
  const { requestId } = state;
  const { attempt } = step;
  if (step.id === PLAN_STEP) {
    const { userQuery, context } = state;
    return { type: 'plan.create', body: { requestId, userQuery: userQuery ?? '', context, attempt } };
  }
  return {
    type: 'step.execute',
    body: {
      requestId,
      step: plannedStep(state, step),
      inputs: inputsOf(state, step),
      answers: answersOf(state, step),
      attempt,
      lastAttempt: step.failures + 1 >= attemptsOf(step, policy),
    },
  };
}

export const attemptsOf = (step: StepState, policy: Policy): number => step.maxAttempts ?? policy.maxAttempts;

/** As the planner wrote it, unknown members included. */
const plannedStep = ({ plan }: RunState, { id, order, title, tool }: StepState): PlanStep =>
  plan?.steps.find((step) => step.id === id) ?? { id, order, title, action: tool };

function inputsOf({ steps }: RunState, { dependsOn }: StepState): Record<string, StepInput> {
  return Object.fromEntries(steps.filter(({ id }) => dependsOn.includes(id)).map((step) => [step.id, inputOf(step)]));
}

function inputOf(step: StepState): StepInput {
  if (step.status === 'completed') {
    const { result, resultRef } = step;
    return { status: 'completed', result, ...(resultRef === null ? {} : { resultRef }) };
  }
  const status = step.status === 'failed' ? 'failed' : 'skipped';
  const reason = step.error?.message ?? step.message;
  return { status, result: null, ...(reason === null ? {} : { reason }) };
}

const answersOf = ({ answers }: RunState, { id }: StepState): Record<string, unknown> =>
  Object.fromEntries(
    answers.flatMap(({ stepId, questionId, answer }) =>
      stepId === id && answer !== undefined ? [[questionId, answer] as const] : [],
    ),
  );
