import type { Effect } from '../../agent/effects.ts';
import { count, type Verdict } from '../../experiment.ts';
import { isEnd, isObject, type Seen, type Watcher } from '../../watcher.ts';
import { type DrawnPlan, type DrawnStep, fateOf } from './plans.ts';

export interface Worked {
  readonly plan: DrawnPlan;
  readonly watcher: Watcher;
  /** by us, because what was left of it would not have ended in our time */
  readonly cancelled: boolean;
}

const effectKey = ({ requestId, stepId, attempt }: Effect): string => JSON.stringify([requestId, stepId, attempt]);

/** P7: each step's work is finished by someone, stale attempts are refused, one poisonous step harms no other. */
export function stepsFinish(requests: readonly Worked[], effects: readonly Effect[], faults: string): Verdict {
  const done = new Set(effects.map(effectKey));
  const broken: string[] = [];
  let completed = 0;
  let lostLeases = 0;
  let worst = 0;
  let poisons = 0;
  for (const request of requests) {
    const { plan, watcher } = request;
    const where = `${watcher.options.requestId} (${plan.kind})`;
    broken.push(...watcher.broken.map((what) => `${where}: ${what}`));
    broken.push(...endComplaints(request).map((what) => `${where}: ${what}`));
    const ofStep = Map.groupBy(watcher.seen, ({ data }) => data.stepId);
    for (const step of plan.steps) {
      const seen = ofStep.get(step.id) ?? [];
      const lost = seen.filter(isLostLease).length;
      lostLeases += lost;
      if (step.action === 'echo') worst = Math.max(worst, lost);
      else poisons += 1;
      completed += seen.filter(({ data }) => data.status === 'completed').length;
      const complaints = [...attemptComplaints(seen), ...outcomeComplaints(request, step, seen, done)];
      broken.push(...complaints.map((what) => `${where}, ${step.id} (${JSON.stringify(step.input)}): ${what}`));
    }
  }
  const ours = new Set(requests.map(({ watcher }) => watcher.options.requestId));
  const steps = Map.groupBy(
    effects.filter(({ requestId }) => ours.has(requestId)),
    ({ requestId, stepId }) => `${requestId} ${stepId}`,
  );
  const twice = [...steps.values()].filter(({ length }) => length > 1).length;
  const all = requests.reduce((sum, { plan }) => sum + plan.steps.length, 0);
  return {
    promise: 'P7  each step is finished by someone, stale attempts are refused, a poisonous step harms no other',
    figures: `${count(all)} steps of ${count(requests.length)} requests, ${count(poisons)} of them poison; ${count(completed)} completed, ${count(lostLeases)} leases lost, at most ${worst} of one innocent; ${count(twice)} had their effect more than once, which is not promised; ${faults}`,
    broken,
  };
}

const dueEnd = {
  harmless: 'request.completed',
  fatal: 'request.failed',
  hangs: 'request.cancelled',
  kills: 'request.completed',
};

function endComplaints({ plan, watcher, cancelled }: Worked): string[] {
  const last = watcher.seen.at(-1);
  if (watcher.startedAt !== 0) return [`its watcher came at ${watcher.startedAt}`];
  if (last === undefined || !isEnd(last.type)) {
    const ended = new Set(watcher.seen.filter(({ data }) => isOutcome(data.status)).map(({ data }) => data.stepId));
    const open = plan.steps.filter(({ id }) => !ended.has(id)).map(({ id }) => id);
    return [
      `has not ended; without an outcome: ${open.slice(0, 5).join(', ')} and ${Math.max(0, open.length - 5)} more`,
    ];
  }
  const due = cancelled ? 'request.cancelled' : dueEnd[plan.kind];
  return last.type === due ? [] : [`ended as ${last.type}: ${JSON.stringify(last.data).slice(0, 200)}`];
}

/** An attempt is claimed once, by one instance; nothing of it is heard before that, nor after a higher one's claim. */
function attemptComplaints(seen: readonly Seen[]): string[] {
  const broken: string[] = [];
  let claimed = 0;
  let by: unknown;
  for (const { type, data } of seen) {
    const { attempt, instance, status } = data;
    if (typeof attempt !== 'number') {
      if (status !== undefined) broken.push(`${type} without an attempt`);
    } else if (status === 'running' && instance !== undefined) {
      if (attempt <= claimed)
        broken.push(`attempt ${attempt} was claimed after ${claimed}, by ${instance} after ${by}`);
      claimed = Math.max(claimed, attempt);
      by = instance;
    } else if (attempt < claimed) broken.push(`attempt ${attempt} is ${status ?? type} after ${claimed} was claimed`);
    else if (attempt > claimed) broken.push(`attempt ${attempt} is ${status ?? type}, and nobody had claimed it`);
  }
  return broken;
}

function outcomeComplaints(
  { plan, watcher, cancelled }: Worked,
  step: DrawnStep,
  seen: readonly Seen[],
  done: ReadonlySet<string>,
): string[] {
  const broken: string[] = [];
  const completed = seen.filter(({ data }) => data.status === 'completed');
  const failed = seen.filter(({ data }) => data.status === 'failed' && data.willRetry !== true);
  if (completed.length + failed.length > 1)
    broken.push(`completed ${completed.length} times, failed ${failed.length} times`);
  const fate = fateOf(step);
  if (fate === 'failed' && completed.length > 0) broken.push('completed');
  // those behind a fatal step never run; what we cancelled may be anywhere
  const due = plan.kind !== 'fatal' && (step.action === 'echo' || !cancelled);
  if (due && fate === 'completed' && completed.length !== 1)
    broken.push(
      `completed ${completed.length} times; the last is ${JSON.stringify(seen.at(-1)?.data ?? 'nothing').slice(0, 300)}`,
    );
  if (due && fate === 'failed' && failed.length !== 1) broken.push(`failed ${failed.length} times`);
  const [outcome] = completed;
  if (outcome === undefined || step.action === 'poison') return broken;
  const { attempt, result } = outcome.data;
  if (!isObject(result) || result.attempt !== attempt || result.stepId !== step.id)
    broken.push(`attempt ${attempt} has the result ${JSON.stringify(result)}`);
  if (!done.has(effectKey({ requestId: watcher.options.requestId, stepId: step.id, attempt: Number(attempt) })))
    broken.push(`attempt ${attempt} is completed, and its work was not done`);
  return broken;
}

export const isOutcome = (status: unknown): boolean =>
  status === 'completed' || status === 'failed' || status === 'skipped';

const isLostLease = ({ data: { error } }: Seen): boolean => isObject(error) && error.code === 'lease_lost';
