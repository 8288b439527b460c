import { type EventData, isEvent, type LogEvent } from '@stepwire/protocol';
import type { Message, StatelessDialect } from './dialect.ts';

/**
 * Dialect `guide` (design §7.1), the default of Socket.IO: one log event is one frame.
 *
 * | log event                | frame                                                     |
 * |--------------------------|-----------------------------------------------------------|
 * | `executor.step.progress` | `progress {agent, step, status, data}`                    |
 * | `agent.completed`        | `agent.completed {agent, data}`                           |
 * | `agent.failed`           | `error {agent, message, step?, code?}`                    |
 * | `request.completed`      | `request.completed {result}`                              |
 * | any other                | the event as it is, under its own type                    |
 *
 * All with `type`, `requestId`, `seq` and `timestamp`. An agent may call its events what it likes: one whose type
 * would pass for a frame of ours, or that Socket.IO keeps for itself, goes out under the name `event`.
 */
export const guide: StatelessDialect = {
  name: 'guide',
  aliases: { progress: 'executor.step.progress', error: 'agent.failed' },
  folds: false,
  messages: (events) => events.map(message),
};

function message(event: LogEvent): Message {
  if (isEvent(event, 'executor.step.progress')) return frame('progress', event, progress(event.agent, event.data));
  if (isEvent(event, 'agent.failed')) return frame('error', event, failure(event.agent, event.data));
  if (isEvent(event, 'request.completed')) return frame(event.type, event, completed(event.data));
  if (isEvent(event, 'agent.completed')) return frame(event.type, event, { agent: event.agent, data: event.data });
  return { name: taken.has(event.type) ? 'event' : event.type, payload: event, seq: event.seq };
}

/** https://socket.io/docs/v4/emit-cheatsheet/#reserved-events, EventEmitter's own, and the frames that are not events. */
const taken: ReadonlySet<string> = new Set([
  ...['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'],
  ...['state', 'events', 'progress', 'error'],
]);

function frame(name: string, { requestId, seq, timestamp }: LogEvent, members: object): Message {
  return { name, seq, payload: { type: name, requestId, seq, timestamp, ...members } };
}

function progress(agent: string, data: EventData['executor.step.progress']): object {
  const step = data.step ?? data.stepOrder ?? data.stepId;
  // A failure that will be repeated is no failure to a person who watches; its error still is in `data`.
  if (data.status === 'failed' && data.willRetry === true) {
    return { agent, step, status: 'running', data: { ...data, status: 'running' } };
  }
  return { agent, step, status: data.status, data };
}

function failure(agent: string, { message, step, code }: EventData['agent.failed']): object {
  return { agent, message, ...(step === undefined ? {} : { step }), ...(code === undefined ? {} : { code }) };
}

/** A result that travels by reference has `resultRef` instead; durations and token counts go along where known. */
function completed({ result = null, resultRef, durationMs, usage }: EventData['request.completed']): object {
  return {
    result,
    ...(resultRef === undefined ? {} : { resultRef }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(usage === undefined ? {} : { usage }),
  };
}
