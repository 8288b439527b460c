import type {
  ConnectionStatus,
  EventOf,
  EventType,
  FeedOptions,
  FeedSnapshot,
  OpenQuestion,
  RequestSnapshot,
  RequestStore,
  Started,
  StartInput,
} from '@stepwire/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useClient } from './provider.tsx';
import { useStore, whole } from './use-store.ts';

type Type = EventType | (string & {});

/** The store of one request: for `cancel`, `answer`, `completed` and what else it has. Watches nothing by itself. */
export function useRequestStore(requestId: string): RequestStore {
  const client = useClient();
  return useMemo(() => client.watch(requestId), [client, requestId]);
}

/**
 * Watches a request while mounted.
 * @param requestId null or undefined: none yet, which stays `loading`
 * @param select renders only when what it gives changes: `useRequest(id, (request) => request.status)`
 */
export function useRequest(requestId: string | null | undefined): RequestSnapshot;
export function useRequest<S>(requestId: string | null | undefined, select: (request: RequestSnapshot) => S): S;
export function useRequest(
  requestId: string | null | undefined,
  select: (request: RequestSnapshot) => unknown = whole,
): unknown {
  const store = useRequestStore(requestId ?? '');
  const none = requestId === null || requestId === undefined;
  const watched = useMemo(() => (none ? { ...store, subscribe: never } : store), [store, none]);
  return useStore(watched, select);
}

const never = () => () => undefined;

export interface StartRequest {
  /** Resolves when it is accepted; does not throw: see `error`. */
  readonly start: (input: StartInput) => Promise<Started | null>;
  /** of the newest, from the moment `start` was called */
  readonly requestId: string | null;
  readonly starting: boolean;
  /** why the newest was refused */
  readonly error: Error | null;
}

/** Starts requests, one at a time as far as this component shows. */
export function useStartRequest(): StartRequest {
  const client = useClient();
  const [shown, setShown] = useState<Omit<StartRequest, 'start'>>(nothingStarted);
  const start = useCallback(
    async (input: StartInput): Promise<Started | null> => {
      const requestId = input.requestId ?? client.newRequestId();
      setShown({ requestId, starting: true, error: null });
      const ended = (error: Error | null) =>
        setShown((now) => (now.requestId === requestId ? { requestId, starting: false, error } : now));
      try {
        const started = await client.start({ ...input, requestId });
        ended(null);
        return started;
      } catch (error) {
        ended(asError(error));
        return null;
      }
    },
    [client],
  );
  return { start, ...shown };
}

const nothingStarted = { requestId: null, starting: false, error: null };
const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** The newest `hear`, so that one made in each render subscribes once. */
function useNewest<T>(value: T): { readonly current: T } {
  const newest = useRef(value);
  useEffect(() => {
    newest.current = value;
  });
  return newest;
}

/**
 * Hears events of one type (`*`: all), each once. Never renders.
 * @param requestId watches that request; default: hears those that are watched by somebody
 */
export function useRequestEvent<T extends Type>(
  type: T,
  hear: (event: EventOf<T>) => void,
  requestId?: string | null,
): void {
  const client = useClient();
  const newest = useNewest(hear);
  useEffect(() => {
    if (requestId === null) return undefined;
    const source = requestId === undefined ? client : client.watch(requestId);
    return source.on(type, (event: EventOf<T>) => newest.current(event));
  }, [client, requestId, type, newest]);
}

/** Follows everything of the signed-in user's requests while mounted. There is one feed for a client: the first one's options count. */
export function useFeed(options?: FeedOptions): FeedSnapshot {
  const client = useClient();
  return useStore(client.feed(options), whole);
}

/** Hears the feed's events of one type (`*`: all), each once. Never renders. */
export function useFeedEvent<T extends Type>(type: T, hear: (event: EventOf<T>) => void): void {
  const client = useClient();
  const newest = useNewest(hear);
  useEffect(() => client.feed().on(type, (event: EventOf<T>) => newest.current(event)), [client, type, newest]);
}

/** How the connection stands. */
export function useConnectionStatus(): ConnectionStatus {
  return useStore(useClient().status, whole);
}

export interface QuestionToAnswer {
  /** the oldest that is open; null: none is */
  readonly question: OpenQuestion['question'] | null;
  readonly requestId: string | null;
  /** Resolves when it counted, or was refused: see `error`. */
  readonly answer: (answer: unknown) => Promise<void>;
  readonly answering: boolean;
  /** why the last answer did not count; until another question comes */
  readonly error: Error | null;
}

/** @param requestId watches that request; default: the questions of all that are watched by somebody */
export function useQuestion(requestId?: string | null): QuestionToAnswer {
  const client = useClient();
  const ofOne = useRequest(requestId, oldest);
  const ofAll = useStore(client.questions, first);
  const anyones = requestId === undefined;
  const question = anyones ? (ofAll?.question ?? null) : ofOne;
  const asker = anyones ? (ofAll?.requestId ?? null) : requestId;
  const [given, setGiven] = useState<{ questionId: string; answering: boolean; error: Error | null } | null>(null);
  const questionId = question?.questionId;

  const answer = useCallback(
    async (value: unknown): Promise<void> => {
      if (questionId === undefined || asker === null) return;
      setGiven({ questionId, answering: true, error: null });
      try {
        await client.answer(asker, questionId, value);
        // until the event shows that it is closed
        setGiven((now) => (now?.questionId === questionId ? { questionId, answering: true, error: null } : now));
      } catch (error) {
        setGiven({ questionId, answering: false, error: asError(error) });
      }
    },
    [client, asker, questionId],
  );
  // why an answer did not count is to be read also after its question is closed, which is the usual reason
  const now = given !== null && (question === null || given.questionId === questionId) ? given : null;
  const answering = question !== null && now?.answering === true;
  return { question, requestId: asker, answer, answering, error: now?.error ?? null };
}

const oldest = ({ question }: RequestSnapshot) => question;
const first = (open: readonly OpenQuestion[]): OpenQuestion | null => open[0] ?? null;
