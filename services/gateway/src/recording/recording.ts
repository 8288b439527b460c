import { type LogEvent, parseEvent, parseJson, StepwireError, terminalTypes } from '@stepwire/protocol';

/** The history of one request, as it was once told. */
export interface Recording {
  readonly requestId: string;
  /** `seq` 1, 2, 3 … */
  readonly events: readonly LogEvent[];
}

/** The message names file and line, for a person. */
export class BadRecordingError extends Error {
  override readonly name = 'BadRecordingError';
}

/** A value of the file, and where it stands. */
interface Entry {
  readonly where: string;
  readonly value: unknown;
}

/**
 * Canonical events, one a line, or the page that `GET /api/requests/:id/events` answers with.
 * @param file its name, for complaints
 * @throws BadRecordingError
 */
export function parseRecording(text: string, file: string): Recording {
  const entries = entriesOf(text, file);
  const events: LogEvent[] = [];
  for (const { where, value } of entries) {
    const event = eventOf(where, value);
    const before = events.at(-1);
    const expected = (before?.seq ?? 0) + 1;
    if (event.seq !== expected) {
      throw new BadRecordingError(`${where}: seq is ${event.seq} where ${expected} is next: a recording has no gaps`);
    }
    if (before !== undefined && event.requestId !== before.requestId) {
      throw new BadRecordingError(`${where}: requestId is ${event.requestId}, before it was ${before.requestId}`);
    }
    if (before !== undefined && terminalTypes.has(before.type)) {
      throw new BadRecordingError(`${where}: nothing follows ${before.type}, which ends a request`);
    }
    events.push(event);
  }
  const [first] = events;
  if (first === undefined) throw new BadRecordingError(`${file}: there is no event in it`);
  return { requestId: first.requestId, events };
}

function entriesOf(text: string, file: string): Entry[] {
  const whole = pageOf(text);
  if (whole === undefined) {
    return text.split('\n').flatMap((line, at) => {
      if (line.trim() === '') return [];
      const where = `${file}:${at + 1}`;
      return [{ where, value: blaming(where, () => parseJson(line)) }];
    });
  }
  const { events, head } = whole;
  if (typeof head === 'number' && head > events.length) {
    const rest = `the rest, from ?since=${events.length} on, belongs behind it, one event a line`;
    throw new BadRecordingError(`${file}: this page has ${events.length} of ${head} events: ${rest}`);
  }
  return events.map((value, at) => ({ where: `${file}: /events/${at}`, value }));
}

/** undefined: it is not one JSON value, or one that is no page */
function pageOf(text: string): { readonly events: readonly unknown[]; readonly head?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('events' in value)) return undefined;
    const { events } = value;
    return Array.isArray(events) ? { ...value, events } : undefined;
  } catch {
    return undefined; // lines; what is wrong with one is told with its number
  }
}

function eventOf(where: string, value: unknown): LogEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadRecordingError(`${where}: an event is a JSON object`);
  }
  const { id, seq, timestamp }: { id?: unknown; seq?: unknown; timestamp?: unknown } = value;
  if (typeof seq !== 'number' || typeof id !== 'string' || typeof timestamp !== 'string') {
    throw new BadRecordingError(`${where}: an event of the log has id, seq and timestamp`);
  }
  // the coordinator's own ids, which nobody may publish, are in a log
  const event = blaming(where, () => parseEvent(JSON.stringify({ ...value, id: undefined }), { now: 0 }));
  return { ...event, id, seq };
}

function blaming<T>(where: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof StepwireError) throw new BadRecordingError(`${where}: ${error.message}`);
    throw error;
  }
}
