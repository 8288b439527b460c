import { isFinished, type RunState } from '@stepwire/run-model';

export interface StoredTimer {
  readonly request_id: string;
  readonly kind: string;
  readonly key: string;
  readonly attempt: number;
  readonly owner: string | null;
}

/** What is wrong with a request's timers, by its state: each watches something that is, and what must be watched is. */
export function timersOf(state: RunState, stored: readonly StoredTimer[]): string[] {
  const { requestId, status } = state;
  if (isFinished(status))
    return stored.map(({ kind, key }) => `${requestId}: ${status}, and has a timer ${kind} ${key}`);
  const due = expected(state);
  const name = ({ kind, key, attempt, owner }: Omit<StoredTimer, 'request_id'>) =>
    `${kind} ${key}, attempt ${attempt}, of ${owner ?? 'nobody'}`;
  const must = new Set(due.filter(({ kind }) => kind !== 'retry').map(name));
  const may = new Set(due.map(name));
  const is = new Set(stored.map(name));
  return [
    ...[...is]
      .filter((timer) => !may.has(timer))
      .map((timer) => `${requestId}: a timer that watches nothing: ${timer}`),
    // a retry's timer is gone once the step was dispatched, which is no event
    ...[...must].filter((timer) => !is.has(timer)).map((timer) => `${requestId}: ${status}, and has no timer ${timer}`),
  ];
}

function expected({ managed, status, planning, steps, questions }: RunState): Omit<StoredTimer, 'request_id'>[] {
  const timers: Omit<StoredTimer, 'request_id'>[] = [];
  for (const step of managed ? [...(planning === null ? [] : [planning]), ...steps] : []) {
    const { id: key, attempt, instance } = step;
    if (step.status === 'running') timers.push({ kind: 'lease', key, attempt, owner: instance });
    if (step.status === 'retrying') timers.push({ kind: 'retry', key, attempt, owner: null });
  }
  for (const { questionId: key, expiresAt } of questions)
    if (expiresAt !== null) timers.push({ kind: 'question', key, attempt: 0, owner: null });
  if (status === 'cancelling') timers.push({ kind: 'cancel', key: '', attempt: 0, owner: null });
  return timers;
}
