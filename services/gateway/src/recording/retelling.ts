import type { Json, JsonObject, LogEvent, UnnumberedEvent } from '@stepwire/protocol';
import type { Recording } from './recording.ts';

/** A recorded event as one that happens now, in another request. */
export interface Retelling {
  readonly recording: Recording;
  readonly requestId: string;
  /** how much faster than it was; 0: at once */
  readonly speed: number;
}

/** @param ms of the recording @returns how long it takes now (ms) */
export const scaled = (ms: number, { speed }: Retelling): number => (speed === 0 ? 0 : Math.max(0, ms) / speed);

/** @param now Unix ms */
export function retold({ id, type, agent, data, timestamp }: LogEvent, to: Retelling, now: number): UnnumberedEvent {
  const { requestId } = to;
  const expires = typeof data.expiresAt === 'string' ? Date.parse(data.expiresAt) - Date.parse(timestamp) : undefined;
  const { expiresAt: _, ...rest } = data;
  const named: JsonObject = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, ofId(name, value, to)]),
  );
  // a question that somebody answered waits for as long as that takes now
  const expiresAgain = expires !== undefined && expired(data.questionId, to.recording);
  return {
    id: renamed(id, to),
    type,
    requestId,
    agent,
    timestamp: new Date(now).toISOString(),
    data: expiresAgain ? { ...named, expiresAt: new Date(now + scaled(expires, to)).toISOString() } : named,
  };
}

/** whether nobody answered, when it was recorded */
const expired = (questionId: Json | undefined, { events }: Recording): boolean =>
  events.some(({ type, data }) => type === 'question.expired' && data.questionId === questionId);

const ofId = (name: string, value: Json, to: Retelling): Json =>
  typeof value === 'string' && name.endsWith('Id') ? renamed(value, to) : value;

/** Ids of events and questions begin with that of their request, those of the coordinator with `~` before it. */
function renamed(id: string, { recording, requestId }: Retelling): string {
  const own = id.startsWith('~/') ? id.slice(2) : id;
  if (!own.startsWith(`${recording.requestId}/`)) return id;
  return id.slice(0, id.length - own.length) + requestId + own.slice(recording.requestId.length);
}
