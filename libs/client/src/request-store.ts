import { type LogEvent, StepwireError } from '@stepwire/protocol';
import { abortable } from './abortable.ts';
import type { CommandOptions } from './commands.ts';
import { follow } from './following.ts';
import { type OnEvent, onEvent, type Unsubscribe } from './listeners.ts';
import { type RequestSnapshot, Snapshots } from './snapshot.ts';
import type { Watched } from './watched.ts';

/** What `useSyncExternalStore` and its like take. */
export interface Store<T> {
  /** the same object until something changes */
  readonly getSnapshot: () => T;
  /** where there is no connection, on a server for example: what is there before anything has come, always the same object */
  readonly getServerSnapshot: () => T;
  /** `changed` is called after something changed, once per frame that came @returns what ends it */
  readonly subscribe: (changed: () => void) => Unsubscribe;
}

/** What was answered to a command: `seq` of the event it caused, where it caused one. */
export interface CommandResult {
  readonly requestId: string;
  readonly seq: number | null;
}

/**
 * One request. It is watched while anybody subscribes, listens or waits for its end, and a second longer; many of these may
 * be had of one request, and it is watched once.
 */
export interface RequestStore extends Store<RequestSnapshot> {
  readonly requestId: string;
  /** hears events as they happen, each once and in order; after those of a frame the snapshot has all of them */
  readonly on: OnEvent;
  /** Called once, when the request has ended: by its terminal event, now or before; never by a disconnect. */
  readonly onCompleted: (ended: (snapshot: RequestSnapshot) => void) => Unsubscribe;
  /** The same as a promise. @throws StepwireError it cannot be watched @throws the signal's reason */
  readonly completed: (options?: Pick<CommandOptions, 'signal'>) => Promise<RequestSnapshot>;
  /** @throws StepwireError `not_found`, `already_finished` … */
  readonly cancel: (reason?: string, options?: CommandOptions) => Promise<CommandResult>;
  /** @throws StepwireError `bad_request` (it does not fit the question), `already_answered`, `expired` … */
  readonly answer: (questionId: string, answer: unknown, options?: CommandOptions) => Promise<CommandResult>;
}

export interface RequestStorePorts {
  /** the one that is watched now; null: nobody watches it */
  readonly current: () => Watched | null;
  /** that one, or a new one */
  readonly watched: () => Watched;
  readonly cancel: RequestStore['cancel'];
  readonly answer: RequestStore['answer'];
}

export function requestStore(requestId: string, { current, watched, cancel, answer }: RequestStorePorts): RequestStore {
  // what was seen last, for those who look before anything is watched, and after
  const loading = new Snapshots(requestId).get(follow(requestId), null);
  let last = loading;

  const getSnapshot = (): RequestSnapshot => {
    const now = current();
    if (now !== null) last = now.snapshot;
    return last;
  };
  const subscribe = (changed: () => void): Unsubscribe => {
    const it = watched();
    const release = it.hold();
    const stop = it.changes.add(changed);
    return () => {
      getSnapshot();
      stop();
      release();
    };
  };
  const listen = (hear: (event: LogEvent) => void): Unsubscribe => {
    const it = watched();
    const release = it.hold();
    const stop = it.events.add(hear);
    return () => {
      stop();
      release();
    };
  };
  const onCompleted = (ended: (snapshot: RequestSnapshot) => void): Unsubscribe => {
    let told = false;
    const look = (): void => {
      if (told || current()?.ended !== true) return;
      told = true;
      stop();
      ended(getSnapshot());
    };
    const stop = subscribe(look);
    // never before this has returned
    queueMicrotask(look);
    return () => {
      told = true;
      stop();
    };
  };
  const completed: RequestStore['completed'] = async ({ signal } = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<RequestSnapshot>();
    const look = (): void => {
      const { refusal } = getSnapshot();
      if (refusal !== null) reject(StepwireError.from(refusal));
    };
    const stops = [onCompleted(resolve), subscribe(look)];
    look();
    try {
      return await abortable(promise, signal);
    } finally {
      for (const stop of stops) stop();
    }
  };
  const getServerSnapshot = (): RequestSnapshot => loading;
  const on = onEvent(listen);
  return { requestId, getSnapshot, getServerSnapshot, subscribe, on, onCompleted, completed, cancel, answer };
}
