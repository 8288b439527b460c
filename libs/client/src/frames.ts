import type { ErrorBody, LogEvent } from '@stepwire/protocol';
import { type ClientState, MODEL_VERSION, type RunState, type RunStatus } from '@stepwire/run-model';

/**
 * What the gateway says, in dialect `log` (PROTOCOL.md §5). It is read with a few looks instead of the schemas, which are several
 * times the size of this package: a gateway is trusted to say what it says correctly, but not to be of this version.
 */

/** `unknown`: there is no such request (yet), or it is somebody else's */
export type ClientStatus = RunStatus | 'unknown';

/** A request as its gateway shows it. */
export interface ServerState extends Omit<ClientState, 'status'> {
  readonly status: ClientStatus;
}

export interface StateFrame {
  readonly shown: ServerState;
  /** null: the request is unknown */
  readonly epoch: string | null;
  readonly seq: number;
  /** what was asked for does not follow on what the client has: it starts over */
  readonly reset: boolean;
  readonly missed: readonly LogEvent[] | null;
  /** the same version folds there as here */
  readonly foldable: boolean;
  /** null: not foldable, or the request is unknown */
  readonly run: RunState | null;
}

type Members = Readonly<Record<string, unknown>>;
export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isLogEvent = (value: unknown): value is LogEvent =>
  isObject(value) &&
  typeof value.id === 'string' &&
  typeof value.type === 'string' &&
  typeof value.requestId === 'string' &&
  typeof value.timestamp === 'string' &&
  Number.isSafeInteger(value.seq) &&
  isObject(value.data);

const isServerState = (value: unknown): value is ServerState =>
  isObject(value) &&
  typeof value.requestId === 'string' &&
  typeof value.status === 'string' &&
  typeof value.progress === 'number' &&
  Number.isSafeInteger(value.seq) &&
  Array.isArray(value.steps);

const isRunState = (value: unknown): value is RunState =>
  isObject(value) && Array.isArray(value.steps) && Array.isArray(value.questions) && Array.isArray(value.answers);

/** @returns null for what is no `state` */
export function readState(payload: unknown): StateFrame | null {
  if (!isObject(payload)) return null;
  const { run, model, missed, reset, epoch, ...rest } = payload;
  const shown = { ...nothingShown, ...rest, epoch: typeof epoch === 'string' ? epoch : '' };
  if (!isServerState(shown)) return null;
  const { seq } = shown;
  const foldable = model === MODEL_VERSION;
  return {
    shown,
    seq,
    epoch: typeof epoch === 'string' ? epoch : null,
    reset: reset === true,
    missed: Array.isArray(missed) ? missed.filter(isLogEvent) : null,
    foldable,
    run: foldable && isRunState(run) && run.seq === seq ? run : null,
  };
}

/** What an unknown request's `state` leaves out. */
const nothingShown = {
  userQuery: null,
  plan: null,
  questions: [],
  artifacts: [],
  stalled: false,
  cancel: null,
  resultRef: null,
  usage: null,
  createdAt: null,
  updatedAt: null,
  finishedAt: null,
};

export const readEvents = (payload: unknown): readonly LogEvent[] =>
  Array.isArray(payload) ? payload.filter(isLogEvent) : [];

export type Answer =
  | { readonly ok: true; readonly members: Members }
  | { readonly ok: false; readonly error: ErrorBody };

const isErrorBody = (value: unknown): value is ErrorBody =>
  isObject(value) && typeof value.code === 'string' && typeof value.message === 'string';

/** The refusal in whatever carries one: an ack's `error`, the `data` of a refused connection, an `error` frame. */
export const readRefusal = (value: unknown): ErrorBody | null => (isErrorBody(value) ? value : null);

/** The ack of a command. */
export function readAnswer(ack: unknown): Answer {
  if (isObject(ack) && ack.ok === true) return { ok: true, members: ack };
  const error = isObject(ack) ? readRefusal(ack.error) : null;
  return { ok: false, error: error ?? { code: 'unavailable', message: 'the gateway answered something else' } };
}
