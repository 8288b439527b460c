import { isEvent } from '@stepwire/protocol';
import { isFinished, type RunState } from '@stepwire/run-model';
import { folding, type Told } from './dialect.ts';
import { current, type Narration, narrate } from './narration.ts';
import { failureOf, isFirst, resultOf, taskOf } from './told.ts';

/**
 * Dialect `task` (design §7.3, `/ws/agents`): a user's requests as tasks, many on one connection. Each message has its
 * name as `type`; `taskId` is the requestId.
 *
 * | log event                                   | message                                                                |
 * |---------------------------------------------|------------------------------------------------------------------------|
 * | at connect, of each request that runs       | `task.started`, and `task.progress` with what goes on now              |
 * | the first of a request, whatever it is      | `task.started {taskId, task}`, then what the event itself gives        |
 * | what `tool-progress` tells                  | `task.progress {taskId, step, tool, message, percent, documentId?}`    |
 * | `document.indexed`                          | `document.indexed {taskId, documentId, chunks?}`                       |
 * | `search.completed`                          | `search.completed {taskId, query, hits}`                               |
 * | `request.completed`                         | `task.completed {taskId, result}`; no result, no member                |
 * | `request.failed` / `.cancelled`             | `task.failed {taskId, message, code?}`; code `cancelled`               |
 * | text, `agent.completed`, phases of steps, unknown types | nothing                                                    |
 *
 * `task` is the user's query; of a request without one, its plan's goal or its id.
 */
export const task = folding({
  name: 'task',
  begins: 'newest-state',
  opening: (state, resumed) =>
    resumed || isFirst(state) || isFinished(state.status) ? [] : [started(state), progress(state, current(state))],
  tell(before, event, after) {
    const first = isFirst(before) ? [started(after)] : [];
    if (isEvent(event, 'document.indexed')) {
      const { documentId, chunks } = event.data;
      return [...first, told('document.indexed', after, { documentId, ...(chunks === undefined ? {} : { chunks }) })];
    }
    if (isEvent(event, 'search.completed')) {
      const { query, hits } = event.data;
      return [...first, told('search.completed', after, { query, hits })];
    }
    if (after.status === 'completed') return [...first, told('task.completed', after, resultOf(after))];
    if (isFinished(after.status)) return [...first, told('task.failed', after, failureOf(after))];
    const narration = narrate(before, event, after);
    if (narration === null) return first;
    const { documentId } = event.data;
    return [...first, progress(after, narration, typeof documentId === 'string' ? { documentId } : {})];
  },
});

const told = (type: string, { requestId }: RunState, members: object): Told => ({
  name: type,
  payload: { type, taskId: requestId, ...members },
});

const started = (state: RunState): Told => told('task.started', state, { task: taskOf(state) });

const progress = (state: RunState, narration: Narration, more: object = {}): Told =>
  told('task.progress', state, { ...narration, percent: state.progress, ...more });
