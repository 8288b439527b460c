import { limits } from './limits.ts';
import { fnv1a32 } from './shard.ts';

const utf8 = new TextEncoder();

/** Length of `text` in UTF-8 bytes; lone surrogates count as U+FFFD. */
export const utf8Bytes = (text: string): number => utf8.encode(text).length;

/**
 * A deterministic event id, so that a retry of whoever publishes keeps it: the parts joined by `/`.
 * One longer than {@link limits.idBytes} keeps its end and gets a hash of the whole in front.
 */
export function eventId(...parts: readonly (string | number)[]): string {
  const id = parts.join('/');
  if (id.length * 3 <= limits.idBytes || utf8Bytes(id) <= limits.idBytes) return id;
  const hash = fnv1a32(id).toString(16) + fnv1a32(`${id}/`).toString(16);
  // the cut may go through a surrogate pair
  return `${hash}~${id.slice(-50).toWellFormed()}`;
}

/** The step that makes the plan: claimed, leased and retried like any other, but not in the plan itself. */
export const PLAN_STEP = 'plan';
