import { type Message, messageId } from '@stepwire/dialects';
import type { StepwireError } from '@stepwire/protocol';

/** A message as a transport sends it. */
export interface Sent {
  /** where a client that has it goes on; undefined: it is no place to go on from */
  readonly id: string | undefined;
  readonly name: string;
  readonly payload: unknown;
}

export const sent = (message: Message): Sent => ({
  id: messageId(message),
  name: message.name,
  payload: message.payload,
});

/** how long who is sent away by a gateway that ends should stay away (ms): not all come back at once */
export const comeBackAfterMs = (): number => 1_000 + Math.floor(Math.random() * 2_000);

/** The transport's end of one connection. Calls do not throw, also after the connection has gone. */
export interface Sink {
  send(messages: readonly Sent[]): void;
  /** The client is there now, also where nothing it was sent says so. */
  mark(id: string): void;
  /** bytes that were sent and are still here */
  bufferedBytes(): number;
  /** Resolves when nothing that was sent is still here, or the connection has gone. */
  drained(): Promise<void>;
  /** What follows cannot be read at the moment, and is tried for again. */
  unavailable(error: StepwireError): void;
  /** Nothing follows. null: the request has ended, and everything was sent. */
  end(reason: StepwireError | null): void;
}
