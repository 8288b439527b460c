import type { Draft, StepState } from './state.ts';

/** in `currentStage`: more are counted, not named */
const NAMED_STEPS = 20;
const PLANNED_PERCENT = 5;

/** What follows from steps and questions: status, progress and currentStage. Called whenever one of them changed. */
export function derive(next: Draft): void {
  // Until there is a plan, what a managed request does is told by its planning.
  if (next.managed && next.plan === null) return;
  let done = 0;
  const running: StepState[] = [];
  const due: StepState[] = [];
  for (const step of next.steps) {
    switch (step.status) {
      case 'completed':
      case 'failed':
      case 'skipped':
        done += 1;
        break;
      case 'running':
        running.push(step);
        done += step.percent / 100;
        break;
      case 'ready':
      case 'retrying':
        due.push(step);
        break;
      case 'pending':
      case 'waiting':
        break;
    }
  }
  if (next.status !== 'cancelling') {
    const busy = running.length > 0 || due.some((step) => step.status === 'ready');
    next.status = next.questions.length > 0 && !busy ? 'waiting' : 'running';
    next.currentStage = stageOf(next, running, due);
  }
  next.progress = Math.max(next.progress, percentOf(next, done));
}

function stageOf(next: Draft, running: readonly StepState[], due: readonly StepState[]): string {
  if (next.status === 'waiting') return 'waiting';
  const named = running.length > 0 ? running : due;
  if (named.length > 0) {
    const more = named.length > NAMED_STEPS ? ` +${named.length - NAMED_STEPS}` : '';
    const ids = named.slice(0, NAMED_STEPS).map((step) => step.id);
    return ids.join(', ') + more;
  }
  return next.currentStage === 'waiting' ? 'running' : next.currentStage;
}

/** Whole percents; 100 is for completion alone. Without a plan one more step is taken to be still unknown. */
function percentOf({ managed, plan, steps }: Draft, done: number): number {
  const share = done / Math.max(1, plan === null ? steps.length + 1 : steps.length);
  return Math.min(99, managed ? PLANNED_PERCENT + Math.floor(94 * share) : Math.floor(100 * share));
}
