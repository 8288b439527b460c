import { isFinished, type RunState } from '@stepwire/run-model';
import { folding, type Told } from './dialect.ts';
import { current, isHeld, type Narration, narrate } from './narration.ts';
import { failureOf, resultOf } from './told.ts';

/**
 * Dialect `tool-progress` (design §7.3, `/ws/agent-progress/:taskId`): one bar, one sentence.
 *
 * | log event                                  | message                                                                    |
 * |--------------------------------------------|----------------------------------------------------------------------------|
 * | at every connect                           | `{step: 'connected', message, percent: 0}`; who begins late hears the current step, or the end, as well |
 * | `executor.step.progress`, of the plan too  | `{step, tool, message, percent, timestamp}`; `step` is the step's id       |
 * | … failed, `willRetry`                      | the same, `message` is its error: the step goes on                         |
 * | `agent.progress`, `agent.thinking`, `executor.tool.*`, questions, artifacts … | the same: what it says of the step that runs |
 * | `agent.phase.started` of a phase without steps | the same, `message` is its name                                         |
 * | `request.accepted`, `.cancelling`, `.stalled`, `.resumed` | the same: what goes on now                                   |
 * | `request.completed`                        | `{step: 'completed', message, percent: 100, timestamp, result?}`           |
 * | `request.failed`                           | `{step: 'failed', message, percent, timestamp, error: true, code}`         |
 * | `request.cancelled`                        | the same with code `cancelled`                                             |
 * | `executor.step.output`, `agent.completed`, phases of steps, unknown types | nothing                                     |
 *
 * `percent` is that of the whole request and never falls. `tool` is absent where nobody named one. Only `failed` carries
 * `error: true`: an optional step that failed is told by its message, and the request goes on.
 */
export const toolProgress = folding({
  name: 'tool-progress',
  begins: 'first-event',
  opening(state, resumed) {
    const connected = message({ step: 'connected', message: 'connected', percent: 0 });
    if (resumed || state.seq === 0) return [connected];
    const at = state.updatedAt ?? '';
    return [connected, isFinished(state.status) ? end(state, at) : progress(current(state), state, at)];
  },
  tell(before, event, after) {
    if (isFinished(after.status)) return [end(after, event.timestamp)];
    const narration = narrate(before, event, after);
    return narration === null ? [] : [progress(narration, after, event.timestamp)];
  },
  holding: (state, at) => (isHeld(state) ? { ...progress(current(state), state, at), seq: state.seq } : null),
});

const message = (payload: object): Told => ({ name: 'message', payload });

/** Why a watcher is sent away: what a refusal looks like where HTTP statuses can't be seen. @param code of the error table, or `stalled` */
export const toolProgressFailure = (code: string, message: string, percent = 0): object => ({
  step: 'failed',
  message,
  percent,
  error: true,
  code,
});

const progress = (narration: Narration, { progress: percent }: RunState, timestamp: string): Told =>
  message({ ...narration, percent, timestamp });

function end(state: RunState, timestamp: string): Told {
  if (state.status === 'completed') {
    return {
      ...message({ step: 'completed', message: 'completed', percent: 100, timestamp, ...resultOf(state) }),
      ends: true,
    };
  }
  const { code, message: why } = failureOf(state);
  return { ...message({ ...toolProgressFailure(code ?? 'failed', why, state.progress), timestamp }), ends: true };
}
