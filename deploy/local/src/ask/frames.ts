import type { JsonObject, LogEvent } from '@stepwire/protocol';

/**
 * Frames of the dialect `guide` (design §7.1) back to events of the log, so that `evolve` of the run model can keep the
 * screen as the coordinator keeps the truth.
 */
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What `state` says that the events do not. */
export interface StateFrame {
  readonly seq: number;
  readonly known: boolean;
  readonly epoch: string | null;
  /** the history is another one: what was seen of it no longer counts */
  readonly reset: boolean;
  /** events since what was asked for, in the same frames as live ones; null where nothing was asked for */
  readonly missed: readonly unknown[] | null;
}

export function readState(frame: unknown): StateFrame | null {
  if (!isObject(frame) || typeof frame.seq !== 'number') return null;
  return {
    seq: frame.seq,
    known: frame.status !== 'unknown',
    epoch: typeof frame.epoch === 'string' ? frame.epoch : null,
    reset: frame.reset === true,
    missed: Array.isArray(frame.missed) ? frame.missed : null,
  };
}

/** @returns null for a frame that is no event of the log, such as a refusal */
export function readEvent(frame: unknown): LogEvent | null {
  if (!isObject(frame)) return null;
  const { type, seq, requestId, timestamp } = frame;
  if (typeof type !== 'string' || typeof seq !== 'number') return null;
  if (typeof requestId !== 'string' || typeof timestamp !== 'string') return null;
  const agent = typeof frame.agent === 'string' ? frame.agent : 'coordinator';
  const id = typeof frame.id === 'string' ? frame.id : `${requestId}/${seq}`;
  return { id, requestId, seq, timestamp, agent, ...content(type, frame) };
}

function content(type: string, frame: JsonObject): { type: string; data: JsonObject } {
  const data = isObject(frame.data) ? frame.data : {};
  if (type === 'progress' && typeof frame.status === 'string') {
    // `guide` shows a failure that will be repeated as running
    const status = data.willRetry === true ? 'failed' : frame.status;
    return { type: 'executor.step.progress', data: { ...data, status } };
  }
  // These two have no `data`: its members are the frame's own.
  if (type === 'error' && typeof frame.message === 'string') return { type: 'agent.failed', data: frame };
  if (type === 'request.completed') return { type, data: frame };
  return { type, data };
}
