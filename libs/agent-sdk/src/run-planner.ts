import { agents, PLAN_STEP, type Plan, type PlanCreate } from '@stepwire/protocol';
import { claimStep } from './claim.ts';
import type { Lease } from './lease.ts';
import * as log from './log.ts';
import { failureOf } from './outcome.ts';
import type { Settle } from './ports.ts';
import { Reporter } from './reporter.ts';
import type { AgentSession } from './session.ts';
import { untilStopped } from './until-stopped.ts';

export interface Planner {
  readonly session: AgentSession;
  /**
   * Makes the plan of a request.
   * @throws ToolError to say whether a repeat can help; anything else counts as a failure that is repeated
   */
  readonly makePlan: (command: PlanCreate, signal: AbortSignal) => Plan | Promise<Plan>;
  /** default {@link agents.planner} */
  readonly agent?: string;
  /** as in a step: ms to stop after the signal fired. Default 5,000 */
  readonly stopGraceMs?: number;
}

/**
 * The life of one delivered `plan.create`: planning is a step like any other (design §5), called {@link PLAN_STEP},
 * with the invariants of `run-step.ts`.
 */
export async function runPlanner(planner: Planner, command: PlanCreate, delivery: Settle): Promise<void> {
  const { session } = planner;
  const { requestId, attempt } = command;
  const lease = await claimStep(session, { requestId, stepId: PLAN_STEP, attempt }, delivery);
  if (lease === undefined) return;
  const startedAt = performance.now();
  const { publish, logger } = session;
  const agent = planner.agent ?? agents.planner;
  const reporter = new Reporter({ ...lease.key, publish, logger, agent, silenced: lease.silenced });
  try {
    const outcome = await plan(planner, command, lease, reporter);
    log.stepEnded(logger, lease.key, outcome, Math.round(performance.now() - startedAt));
  } finally {
    session.release(lease);
  }
}

async function plan(planner: Planner, command: PlanCreate, lease: Lease, reporter: Reporter): Promise<string> {
  const { attempt } = command;
  const fail = async (message: string, code: string | undefined, retryable: boolean): Promise<string> => {
    await reporter.outcome('agent.failed', 'failed', {
      message,
      step: PLAN_STEP,
      attempt,
      ...(code === undefined ? {} : { code }),
      ...(retryable ? {} : { retryable: false }),
    });
    return 'failed';
  };
  try {
    const ended = await untilStopped(
      () => planner.makePlan(command, lease.signal),
      lease.signal,
      planner.stopGraceMs ?? 5_000,
    );
    // Said all the same: it tells the coordinator, which drops it, that the planner has stopped.
    if (lease.cause === 'cancelled') return await fail('cancelled', 'cancelled', false);
    if (lease.cause !== undefined || ended.kind === 'ignored') return 'silent';
    if (ended.kind === 'error') throw ended.error;
    await reporter.outcome('planner.plan.created', 'completed', { plan: ended.value, attempt });
    return 'completed';
  } catch (error) {
    log.toolFailed(planner.session.logger, lease.key, error);
    const { error: failure, retryable } = failureOf(error);
    return fail(failure.message, failure.code, retryable);
  }
}
