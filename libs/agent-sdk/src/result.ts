import { type BlobRef, type Json, limits, StepwireError } from '@stepwire/protocol';
import type { BlobStore } from './blob-store.ts';

/** How a result travels: in the event, or by reference; the largest are named as artifacts too. */
export type FittedResult =
  | { readonly kind: 'inline'; readonly result: Json }
  | { readonly kind: 'referred'; readonly resultRef: BlobRef; readonly artifact: boolean };

const mediaType = 'application/json';

/**
 * @throws StepwireError `bad_request` where JSON cannot hold the value
 * @throws Error from the file system
 */
export async function fitResult(result: unknown, blobs: BlobStore): Promise<FittedResult> {
  const text = toJson(result);
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= limits.inlineResultBytes) return { kind: 'inline', result: JSON.parse(text) };
  const resultRef = await blobs.put(bytes, mediaType);
  return { kind: 'referred', resultRef, artifact: bytes.byteLength > limits.stepResultBytes };
}

/** JSON text; nothing at all is `null`. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StepwireError('bad_request', `the result cannot be written as JSON: ${why}`, { cause });
  }
}

/**
 * The value behind a result, whichever way it came.
 * @throws StepwireError `not_found` where the blob is gone
 */
export async function loadResult(
  { result, resultRef }: { readonly result: unknown; readonly resultRef?: BlobRef },
  blobs: BlobStore,
): Promise<unknown> {
  if (resultRef === undefined) return result;
  return JSON.parse((await blobs.get(resultRef.blobId)).toString('utf8'));
}

/** Whether a value is small enough to stand in an event beside the result. */
export function fitsInline(value: unknown): boolean {
  return value !== undefined && Buffer.byteLength(toJson(value)) <= limits.inlineResultBytes;
}
