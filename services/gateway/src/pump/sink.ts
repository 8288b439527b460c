import type { Message } from '@stepwire/dialects';
import type { StepwireError } from '@stepwire/protocol';

/** The transport's end of one connection. Calls do not throw, also after the connection has gone. */
export interface Sink {
  send(messages: readonly Message[]): void;
  /** The client is there now, also where nothing it was sent says so. */
  mark(seq: number): void;
  /** bytes that were sent and are still here */
  bufferedBytes(): number;
  /** Resolves when nothing that was sent is still here, or the connection has gone. */
  drained(): Promise<void>;
  /** What follows cannot be read at the moment, and is tried for again. */
  unavailable(error: StepwireError): void;
  /** Nothing follows. null: the request has ended, and everything was sent. */
  end(reason: StepwireError | null): void;
}
