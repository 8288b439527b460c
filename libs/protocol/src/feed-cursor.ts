import { StepwireError } from './errors.ts';
import { fnv1a32 } from './shard.ts';

/** How far somebody is in one numbering: everything up to `position` was seen. */
export interface FeedMark {
  /** of the numbering; null while it has no event, and then `position` is 0 */
  readonly epoch: string | null;
  readonly position: number;
}

/**
 * How far somebody is in their feed. There is a numbering for each user and one for the requests of nobody, which operators
 * follow beside their own (in open mode: everyone); so a cursor has a mark in one or in both.
 */
export interface FeedCursor {
  readonly own: FeedMark;
  /** in the numbering of ownerless requests */
  readonly ownerless?: FeedMark | undefined;
}

/**
 * `1.<user>.<epoch>.<position>[.<epoch>.<position>]`, all of it fit for a URL and an SSE `id:`. Clients keep it as it is: what
 * is in it is nobody's business but this file's. The user's hash is there to tell a mix-up by name; it protects nothing,
 * for a cursor only ever says where to go on in what its bearer may read anyway.
 */
const VERSION = '1';
const shape = /^1\.([0-9a-z]{1,7})\.([0-9A-Za-z_-]*)\.(0|[1-9]\d{0,15})(?:\.([0-9A-Za-z_-]*)\.(0|[1-9]\d{0,15}))?$/;
/** longer than any that was given out */
const MAX_CHARS = 150;

const hashOf = (userId: string): string => fnv1a32(userId).toString(36);
const written = ({ epoch, position }: FeedMark): string => `${epoch ?? ''}.${position}`;

export const encodeFeedCursor = (userId: string, { own, ownerless }: FeedCursor): string =>
  [VERSION, hashOf(userId), written(own), ...(ownerless === undefined ? [] : [written(ownerless)])].join('.');

/**
 * Whether the history it points into is still there is for the coordinator to say (`cursor_gone`).
 * @throws StepwireError `bad_cursor` for whatever {@link encodeFeedCursor} did not make for this user
 */
export function decodeFeedCursor(userId: string, text: string): FeedCursor {
  const found = text.length > MAX_CHARS ? null : shape.exec(text);
  if (found === null) throw new StepwireError('bad_cursor', 'this is no cursor of a feed');
  const [, user, epoch = '', position = '', ownerlessEpoch, ownerlessPosition] = found;
  if (user !== hashOf(userId)) throw new StepwireError('bad_cursor', 'this cursor is of somebody else’s feed');
  const own = markOf(epoch, position);
  if (ownerlessEpoch === undefined || ownerlessPosition === undefined) return { own };
  return { own, ownerless: markOf(ownerlessEpoch, ownerlessPosition) };
}

function markOf(epoch: string, digits: string): FeedMark {
  const position = Number(digits);
  // a position without an epoch, or the other way round, was never given out
  if (!Number.isSafeInteger(position) || (epoch === '') !== (position === 0)) {
    throw new StepwireError('bad_cursor', 'this cursor points nowhere');
  }
  return { epoch: epoch === '' ? null : epoch, position };
}
