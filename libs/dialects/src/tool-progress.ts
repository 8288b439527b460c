import { isEvent, type LogEvent, terminalTypes } from '@stepwire/protocol';
import type { RunState } from '@stepwire/run-model';
import { folding, type Told } from './dialect.ts';
import { current, isHeld, narrate } from './narration.ts';
import { cancelledBy, resultOf } from './told.ts';

/**
 * Dialect `tool-progress` (design §7.3, `/ws/agent-progress/:taskId`): one bar, one sentence.
 *
 * | log event                                  | message                                                                    |
 * |--------------------------------------------|----------------------------------------------------------------------------|
 * | at every connect                           | `{step: 'connected', message, percent: 0}`                                 |
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
  opening: () => [{ name: 'message', payload: { step: 'connected', message: 'connected', percent: 0 } }],
  tell(before, event, after) {
    if (terminalTypes.has(event.type)) return [end(event, after)];
    const told = narrate(before, event, after);
    return told === null ? [] : [progress(told, after, event.timestamp)];
  },
  holding: (state, at) => (isHeld(state) ? { ...progress(current(state), state, at), seq: state.seq } : null),
});

/** Why a watcher is sent away: what a refusal looks like where HTTP statuses can't be seen. @param code of the error table, or `stalled` */
export const toolProgressFailure = (code: string, message: string, percent = 0): object => ({
  step: 'failed',
  message,
  percent,
  error: true,
  code,
});

const progress = (told: object, { progress: percent }: RunState, timestamp: string): Told => ({
  name: 'message',
  payload: { ...told, percent, timestamp },
});

function end(event: LogEvent, after: RunState): Told {
  const { timestamp } = event;
  if (isEvent(event, 'request.completed')) {
    const payload = { step: 'completed', message: 'completed', percent: 100, timestamp, ...resultOf(after) };
    return { name: 'message', payload, ends: true };
  }
  const [code, message] = isEvent(event, 'request.failed')
    ? [event.data.code ?? 'failed', event.data.message]
    : ['cancelled', cancelledBy(after)];
  return { name: 'message', payload: { ...toolProgressFailure(code, message, after.progress), timestamp }, ends: true };
}
