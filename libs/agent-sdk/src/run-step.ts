import { agents, type EventData, type PlanStep, type StepExecute } from '@stepwire/protocol';
import type { BlobStore } from './blob-store.ts';
import { claimStep } from './claim.ts';
import type { Lease } from './lease.ts';
import * as log from './log.ts';
import { failureOf, forPeople, type Outcome } from './outcome.ts';
import type { Settle } from './ports.ts';
import { Reporter } from './reporter.ts';
import { fitResult } from './result.ts';
import type { AgentSession } from './session.ts';
import { loadInputs, StepContext } from './step-context.ts';
import type { ToolSet } from './tool.ts';
import { untilStopped } from './until-stopped.ts';

export interface StepRunner {
  readonly session: AgentSession;
  readonly tools: ToolSet;
  readonly blobs: BlobStore;
  /** default {@link agents.executor} */
  readonly agent?: string;
  /** ms a tool has to stop after its signal fired; below the coordinator's grace for a cancel. Default 5,000 */
  readonly stopGraceMs?: number;
}

const STOP_GRACE_MS = 5_000;

/**
 * The life of one delivered `step.execute`: claim, ack, run, say how it ended, let go.
 *
 * 1. The lease is held until the outcome is confirmed, so that a crash before it gives the step to another.
 * 2. Exactly one outcome per attempt, or none: after a lost lease nothing more is said.
 * 3. A tool ends when its signal fires, whatever it does: what it says afterwards is dropped.
 *
 * Never throws: everything that can go wrong in a step is an outcome.
 */
export async function runStep(runner: StepRunner, command: StepExecute, delivery: Settle): Promise<void> {
  const { session } = runner;
  const { requestId, step, attempt } = command;
  const lease = await claimStep(session, { requestId, stepId: step.id, attempt }, delivery);
  if (lease === undefined) return;
  const startedAt = performance.now();
  log.stepTaken(session.logger, lease.key, step.action);
  const { publish, logger } = session;
  const agent = runner.agent ?? agents.executor;
  const reporter = new Reporter({ ...lease.key, publish, logger, agent, silenced: lease.silenced });
  try {
    const outcome = await execute(runner, command, lease, reporter);
    const durationMs = Math.round(performance.now() - startedAt);
    // What the wire refuses (too deep, __proto__, a usage that is no number) is told as a failure, not a dead letter.
    const said = await report(reporter, step, attempt, outcome, durationMs).catch((error: unknown) =>
      report(reporter, step, attempt, failureOf(error), durationMs),
    );
    log.stepEnded(logger, lease.key, said ? outcome.kind : 'silent', durationMs);
  } finally {
    session.release(lease);
  }
}

async function execute(runner: StepRunner, command: StepExecute, lease: Lease, reporter: Reporter): Promise<Outcome> {
  const { session, tools, blobs, stopGraceMs = STOP_GRACE_MS } = runner;
  if (lease.cause !== undefined) return stoppedOutcome(lease);
  const tool = tools.get(command.step.action);
  if (tool === undefined) {
    const known = [...tools.keys()].join(', ');
    const message = `there is no tool "${command.step.action}"; the tools are ${known}`;
    return { kind: 'failed', error: { code: 'unknown_tool', message }, retryable: false };
  }
  try {
    const inputs = await loadInputs(command.inputs, blobs);
    const context = new StepContext({ command, inputs, reporter, blobs, signal: lease.signal });
    const ended = await untilStopped(() => tool.run(context), context.signal, stopGraceMs);
    context.close();
    if (ended.kind === 'ignored') log.toolIgnoredAbort(session.logger, lease.key, stopGraceMs);
    if (lease.cause !== undefined) return stoppedOutcome(lease);
    const signal = context.ended;
    if (signal !== undefined) {
      if (ended.kind !== 'error' || ended.error !== signal) log.signalSwallowed(session.logger, lease.key, signal.kind);
      return signal.kind === 'parked' ? { kind: 'parked' } : { kind: 'skipped', message: forPeople(signal.reason) };
    }
    if (ended.kind === 'ignored') return { kind: 'silent' };
    if (ended.kind === 'error') throw ended.error;
    return { kind: 'completed', result: await fitResult(ended.value, blobs), usage: context.used };
  } catch (error) {
    log.toolFailed(session.logger, lease.key, error);
    return failureOf(error);
  }
}

const stoppedOutcome = (lease: Lease): Outcome =>
  lease.cause === 'cancelled' ? { kind: 'skipped', message: 'cancelled' } : { kind: 'silent' };

/** @returns whether the outcome is confirmed; false: nothing was to be said, or the lease was lost before */
async function report(reporter: Reporter, step: PlanStep, attempt: number, outcome: Outcome, durationMs: number) {
  const common = { stepId: step.id, stepOrder: step.order, tool: step.action, attempt, durationMs };
  const say = (data: EventData['executor.step.progress']) =>
    reporter.outcome('executor.step.progress', data.status, data);
  switch (outcome.kind) {
    case 'silent':
      return false;
    case 'parked':
      return reporter.drained();
    case 'skipped':
      return say({ ...common, status: 'skipped', message: outcome.message });
    case 'failed':
      return say({
        ...common,
        status: 'failed',
        error: outcome.error,
        ...(outcome.retryable ? {} : { retryable: false }),
      });
    case 'completed': {
      const { result, usage } = outcome;
      const used = usage === undefined ? {} : { usage };
      if (result.kind === 'inline') return say({ ...common, status: 'completed', result: result.result, ...used });
      const { resultRef } = result;
      if (result.artifact) {
        const { blobId: artifactId, bytes, mediaType } = resultRef;
        const name = `${step.id}.json`;
        const artifact = { artifactId, name, mediaType, bytes, stepId: step.id, attempt };
        reporter.emit('executor.artifact.created', 'artifact/result', artifact);
      }
      return say({ ...common, status: 'completed', resultRef, ...used });
    }
  }
}
