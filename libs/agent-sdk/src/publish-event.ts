import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type EventType, StepwireError, USER_ID_HEADER } from '@stepwire/protocol';
import { delayMs } from './backoff.ts';
import { type AgentEvent, eventMessage } from './events.ts';
import type { Publish } from './ports.ts';

const backoff = { baseMs: 100, maxMs: 5_000 };

export type PlainEvent<T extends string = string> = Omit<AgentEvent<T>, 'id'> & {
  /** default: a new UUID. Give your own where a repeat of your program may say the same again. */
  readonly id?: string;
  /** whose request it is; heard with the first event of a request only */
  readonly userId?: string;
};

/**
 * For agents that drive their own requests (observed ones): publishes an event and repeats it, with its id, until it is
 * confirmed or `signal` fires.
 * @throws StepwireError `bad_request`, `too_large`, `too_deep` for what the coordinator would refuse
 * @throws the signal's reason
 */
export async function publishEvent<T extends EventType | (string & {})>(
  publish: Publish,
  { id = randomUUID(), userId, ...event }: PlainEvent<T>,
  signal?: AbortSignal,
): Promise<void> {
  const message = eventMessage<T>({ ...event, id });
  const headers = userId === undefined ? message.headers : { ...message.headers, [USER_ID_HEADER]: userId };
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted();
    try {
      return await publish({ ...message, ...(headers === undefined ? {} : { headers }) });
    } catch (error) {
      if (!(error instanceof StepwireError) || error.code !== 'unavailable') throw error;
      await delay(delayMs(backoff, failures), undefined, signal === undefined ? {} : { signal });
    }
  }
}
