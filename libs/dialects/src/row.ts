import type { RunState } from '@stepwire/run-model';
import { folding, type Told } from './dialect.ts';

/**
 * Dialect `row` (design §7.2, `GET /api/agent-progress`): the request's row, as one would see it change in a table.
 *
 * | when                  | message (unnamed)                                                |
 * |-----------------------|------------------------------------------------------------------|
 * | at connect            | the current row                                                  |
 * | any event, unknown ones too | the row after it: each moves `updated_at`, so each changes the row |
 *
 * `id, status, progress, current_stage, updated_at` as the table `requests` has them, but `updated_at` is the event's
 * timestamp: the table has the time of the commit, which a log that is read again does not know. A step that failed and
 * will be repeated leaves `status` as it was; its error is in `error`, as is that of a request that failed.
 */
export const row = folding({
  name: 'row',
  begins: 'newest-state',
  opening: (state, resumed) => (resumed || state.seq === 0 ? [] : [rowOf(state)]),
  tell: (_before, _event, after) => [rowOf(after)],
});

function rowOf(state: RunState): Told {
  const { requestId, status, progress, currentStage, updatedAt, finishedAt } = state;
  const error = errorOf(state);
  return {
    name: 'message',
    payload: {
      id: requestId,
      status,
      progress,
      // the column is text, which can't hold NUL
      current_stage: currentStage.replaceAll('\0', '\ufffd'),
      ...(updatedAt === null ? {} : { updated_at: updatedAt }),
      ...(error === undefined ? {} : { error }),
    },
    ...(finishedAt === null ? {} : { ends: true }),
  };
}

function errorOf({ error, finishedAt, steps, planning }: RunState): string | undefined {
  if (error !== null || finishedAt !== null) return error?.message;
  const repeated = [...(planning === null ? [] : [planning]), ...steps].find(
    (step) => step.error !== null && (step.status === 'retrying' || step.status === 'ready'),
  );
  return repeated?.error?.message;
}
