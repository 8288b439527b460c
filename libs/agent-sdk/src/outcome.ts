import type { Failure, Usage } from '@stepwire/protocol';
import { StepwireError } from '@stepwire/protocol';
import type { FittedResult } from './result.ts';
import { ToolError } from './tool.ts';

/** How an attempt ended. What is published for each is decided in one place: `run-step.ts`. */
export type Outcome =
  | { readonly kind: 'completed'; readonly result: FittedResult; readonly usage: Usage | undefined }
  | { readonly kind: 'failed'; readonly error: Failure; readonly retryable: boolean }
  | { readonly kind: 'skipped'; readonly message: string }
  /** the question is published already; the answer starts the next attempt */
  | { readonly kind: 'parked' }
  /** the lease is lost or handed back: nothing is said */
  | { readonly kind: 'silent' };

/** in UTF-16 code units: an error's message is for people, its stack for the logs */
const MAX_MESSAGE_CHARS = 2_000;

export const forPeople = (text: string): string => text.slice(0, MAX_MESSAGE_CHARS);

/** What goes out for an exception. A {@link StepwireError} is a wrong input or result, which a repeat does not mend. */
export function failureOf(error: unknown): Extract<Outcome, { kind: 'failed' }> {
  const message = forPeople(messageOf(error)) || 'unknown error';
  if (error instanceof ToolError)
    return { kind: 'failed', error: { code: error.code, message }, retryable: error.retryable };
  if (error instanceof StepwireError) {
    return { kind: 'failed', error: { code: error.code, message }, retryable: error.code === 'unavailable' };
  }
  return { kind: 'failed', error: { code: 'tool_error', message }, retryable: true };
}

/** A tool may throw anything: what has no text, or throws when it is read, must not take the step's outcome with it. */
function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'an error that cannot be read';
  }
}
