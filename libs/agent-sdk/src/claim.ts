import { setTimeout as delay } from 'node:timers/promises';
import { type RpcResults, StepwireError } from '@stepwire/protocol';
import { delayMs } from './backoff.ts';
import type { Lease, StepKey } from './lease.ts';
import * as log from './log.ts';
import type { Settle } from './ports.ts';
import type { AgentSession } from './session.ts';

const backoff = { baseMs: 200, maxMs: 5_000 };
/** how long a delivery is held while the coordinator can't be reached (ms); then it goes back to its queue */
const HOLD_MS = 60_000;

/**
 * Asks for the right to run one attempt and settles its delivery.
 * - `go` → acked, and the lease is returned: from here the coordinator's lease, not the broker, keeps the work safe
 * - `stop` → acked and dropped: the command is out of date
 * - unanswered → repeated while the delivery is held, at the end given back to the queue
 * - refused for another reason, which is a defect → dead letters
 */
export async function claimStep(session: AgentSession, step: StepKey, delivery: Settle): Promise<Lease | undefined> {
  if (session.closing.aborted) {
    delivery.nack({ requeue: true });
    return undefined;
  }
  const lease = session.hold(step);
  if (lease === undefined) {
    // Delivered again after the first one's channel died: it runs here already, or asks whether it may. The first delivery
    // can't be given back any more, so this one is all that is left of the command until the claim is answered.
    if (await session.held(step)?.answered) delivery.ack();
    else delivery.nack({ requeue: true });
    return undefined;
  }
  try {
    const verdict = await answerOf(session, step);
    if (verdict.verdict === 'go') {
      lease.claimed = true;
      lease.answer(true);
      delivery.ack();
      return lease;
    }
    log.claimRefused(session.logger, step, verdict.reason);
    lease.answer(true);
    delivery.ack();
  } catch (error) {
    const requeue = isUnavailable(error) || session.closing.aborted;
    if (requeue) log.claimGivenUp(session.logger, step, error);
    else log.claimBroken(session.logger, step, error);
    delivery.nack({ requeue });
    lease.answer(!requeue);
  }
  session.release(lease);
  return undefined;
}

/** A repeat of a claim by the same instance gets the same answer, so an unanswered one may be repeated. */
async function answerOf(session: AgentSession, step: StepKey): Promise<RpcResults['claim']> {
  const giveUpAt = performance.now() + HOLD_MS;
  for (let tries = 1; ; tries++) {
    try {
      return await session.call('claim', { ...step, instance: session.instance });
    } catch (error) {
      const waitMs = delayMs(backoff, tries);
      if (!isUnavailable(error) || performance.now() + waitMs > giveUpAt) throw error;
      await delay(waitMs, undefined, { signal: session.closing });
    }
  }
}

const isUnavailable = (error: unknown): boolean => error instanceof StepwireError && error.code === 'unavailable';
