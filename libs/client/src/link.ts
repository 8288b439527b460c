import type { ErrorBody } from '@stepwire/protocol';

/** One connection to a gateway at a time, opened and closed by a {@link Connection}. It does not reconnect by itself. */
export interface Link {
  /** does nothing while one is open */
  open(auth: Readonly<Record<string, unknown>>): void;
  /** Cuts it. No handler is called for it afterwards. */
  close(): void;
  /**
   * Says something and resolves with the ack.
   * @throws Unanswered there was none: the connection broke, or said nothing for {@link ANSWER_WITHIN_MS} and was cut for it
   */
  ask(command: string, body: object): Promise<unknown>;
}

export interface LinkHandlers {
  opened(): void;
  /** it did not open. @param refusal what the gateway said, null where it could not be reached */
  refused(refusal: ErrorBody | null): void;
  /** it was open, and is not any longer. @param refusal what the gateway said before it ended it */
  cut(refusal: ErrorBody | null): void;
  frame(name: string, payload: unknown): void;
}

export type LinkFactory = (handlers: LinkHandlers) => Link;

/** Whether what was asked had its effect is not known. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

/** A gateway says within a few seconds that it cannot answer; one that says nothing is not there (ms). */
export const ANSWER_WITHIN_MS = 20_000;
