import { StepwireError } from './errors.ts';
import { limits } from './limits.ts';
import { fnv1a32 } from './shard.ts';

// pure: whoever needs none of it, as a browser does, loads none of it
const utf8 = /* @__PURE__ */ new TextEncoder();

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

/** Printable ASCII (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) */
const idempotencyKey = /^[\x20-\x7e]{1,255}$/;

/**
 * The requestId of a start that came with an `Idempotency-Key`: the same for the same user and key, so that a repeat of the
 * start finds its request by itself, with `conflict` where the body is another; nobody else's key makes the same one.
 * @throws StepwireError `bad_request`
 */
export async function idempotentRequestId(userId: string, key: string): Promise<string> {
  if (!idempotencyKey.test(key)) {
    throw new StepwireError('bad_request', 'Idempotency-Key is 1 to 255 printable ASCII characters');
  }
  // JSON keeps the two apart whatever is in them
  const digest = await crypto.subtle.digest('SHA-256', utf8.encode(JSON.stringify([userId, key])));
  return `key-${Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
