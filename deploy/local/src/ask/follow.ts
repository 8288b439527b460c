import type { LogEvent } from '@stepwire/protocol';
import { io } from 'socket.io-client';
import { isErrorBody } from './error-body.ts';
import { readEvent, readState } from './frames.ts';

/**
 * Follows one request over Socket.IO: each event once and in order, across lost connections.
 *
 * 1. The history is read from its first event on: `rejoin {since}` brings what is not there yet, after each connect and
 *    whenever a `state` is ahead of what was seen.
 * 2. An event counts when it is the next one. Earlier ones were seen; a later one means that something is missing.
 * 3. `start` names its request, so repeating it after a lost connection starts nothing twice.
 */
export interface FollowOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly requestId: string;
  /** what to start; absent: the request runs */
  readonly start?: { readonly userQuery: string; readonly context: object };
  /** ms that the first connection may take */
  readonly connectTimeoutMs: number;
  /** ms that the gateway may be away */
  readonly patienceMs: number;
}

export interface Follower {
  /** @param frame the event as it came */
  event(event: LogEvent, frame: unknown): void;
  /** the history is another one: begin anew */
  reset(): void;
  connected(isAgain: boolean): void;
  lost(): void;
  /** the gateway is there and refuses for now; it is asked again */
  refusedForNow(message: string): void;
  /** it can't go on; nothing is called after this */
  failed(failure: FollowFailure): void;
}
export type FollowFailure =
  | { readonly kind: 'no-gateway'; readonly message: string }
  | { readonly kind: 'gone'; readonly message: string }
  | { readonly kind: 'unknown-request' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'not-signed-in'; readonly message: string };

export type Answered = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };

export interface Following {
  cancel(reason: string): Promise<Answered>;
  answer(questionId: string, answer: unknown): Promise<Answered>;
  close(): void;
}

const answerTimeoutMs = 15_000;
const repeatAfterMs = 500;

export function follow(options: FollowOptions, follower: Follower): Following {
  const { url, token, requestId, start } = options;
  const socket = io(url, {
    timeout: options.connectTimeoutMs,
    reconnectionDelayMax: 2_000,
    forceNew: true,
    auth: token === undefined ? {} : { token },
  });
  let wasConnected = false;
  let isStarted = start === undefined;
  let isClosed = false;
  let seq = 0;
  let epoch: string | null = null;
  let patience: NodeJS.Timeout | undefined;

  const close = () => {
    isClosed = true;
    clearTimeout(patience);
    socket.removeAllListeners();
    socket.offAny();
    socket.disconnect();
  };
  const fail = (failure: FollowFailure) => {
    if (isClosed) return;
    close();
    follower.failed(failure);
  };

  /** Repeats what the gateway refuses for now, or does not answer, for as long as a connection may be away. */
  async function say(command: string, body: object): Promise<Answered> {
    const until = Date.now() + options.patienceMs;
    for (let isFirst = true; ; isFirst = false) {
      const answer = await once(command, body);
      if (answer.ok || isClosed || Date.now() > until) return answer;
      if (answer.code !== 'unavailable' && answer.code !== 'rate_limited') return answer;
      if (isFirst && socket.connected) follower.refusedForNow(answer.message);
      await new Promise((resolve) => setTimeout(resolve, repeatAfterMs));
    }
  }
  async function once(command: string, body: object): Promise<Answered> {
    try {
      const answer: unknown = await socket.timeout(answerTimeoutMs).emitWithAck(command, { requestId, ...body });
      const error = typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
      return isErrorBody(error) ? { ok: false, ...error } : { ok: true };
    } catch {
      return { ok: false, code: 'unavailable', message: 'the gateway does not answer' };
    }
  }

  let rejoining: Promise<Answered> | null = null;
  /** One at a time: a burst of events after a gap asks for it once. */
  function rejoin(): Promise<Answered> {
    rejoining ??= say('rejoin', { since: seq, ...(epoch === null ? {} : { epoch }) }).finally(() => {
      rejoining = null;
    });
    return rejoining;
  }

  async function begin() {
    const joined = await rejoin();
    if (!joined.ok) return fail({ kind: 'refused', message: joined.message });
    if (isStarted || start === undefined) return;
    const started = await say('start', start);
    if (!started.ok) return fail({ kind: 'refused', message: started.message });
    isStarted = true;
  }

  function take(frame: unknown): void {
    const event = readEvent(frame);
    if (event === null || event.requestId !== requestId || event.seq <= seq) return;
    if (event.seq > seq + 1) return void rejoin();
    seq = event.seq;
    follower.event(event, frame);
  }

  socket.on('connect', () => {
    clearTimeout(patience);
    follower.connected(wasConnected);
    wasConnected = true;
    void begin();
  });
  socket.on('connect_error', (error) => {
    // a refusal by the gateway itself is not tried again by socket.io
    if (!socket.active) return fail(refusal(error));
    if (!wasConnected) fail({ kind: 'no-gateway', message: error.message });
  });
  socket.on('disconnect', (reason) => {
    follower.lost();
    patience = setTimeout(() => fail({ kind: 'gone', message: reason }), options.patienceMs);
    if (!socket.active) socket.connect();
  });
  socket.on('state', (frame: unknown) => {
    const state = readState(frame);
    if (state === null) return;
    if (!state.known) {
      if (isStarted && start === undefined) fail({ kind: 'unknown-request' });
      return;
    }
    const isOther = state.reset || (epoch !== null && state.epoch !== null && state.epoch !== epoch);
    epoch = state.epoch;
    if (isOther) {
      seq = 0;
      follower.reset();
      return void rejoin();
    }
    for (const missed of state.missed ?? []) take(missed);
    // It came by `start`, which tells no history, or the history fills more than one frame.
    if (seq < state.seq && state.missed?.length !== 0) void rejoin();
  });
  socket.onAny((name: string, frame: unknown) => {
    if (name !== 'state') take(frame);
  });

  return {
    cancel: (reason) => say('cancel', { reason }),
    answer: (questionId, answer) => say('feedback', { questionId, answer }),
    close,
  };
}

/** @param error of a handshake: what the gateway refused it with is its `data` */
function refusal(error: Error): FollowFailure {
  const data: unknown = 'data' in error ? error.data : undefined;
  const isSignIn = isErrorBody(data) && (data.code === 'unauthorized' || data.code === 'auth_expired');
  return { kind: isSignIn ? 'not-signed-in' : 'refused', message: error.message };
}
