import { StepwireError } from '@stepwire/protocol';

/** The last row of a page that is ordered by time and id, newest first: the next page begins after it. */
export interface KeysetMark {
  /** to the millisecond, as the column is */
  readonly at: Date;
  readonly id: string;
}

/** Opaque to everybody else: base64url of `<Unix ms> <id>`. */
export const encodeKeyset = ({ at, id }: KeysetMark): string =>
  Buffer.from(`${at.getTime()} ${id}`).toString('base64url');

/** @throws StepwireError `bad_cursor` for whatever {@link encodeKeyset} did not make */
export function decodeKeyset(text: string): KeysetMark {
  const bytes = Buffer.from(text, 'base64url');
  const [, ms, id] = /^(\d{1,15}) (.+)$/s.exec(bytes.toString()) ?? [];
  // what decoding skipped or replaced does not come back
  if (
    ms === undefined ||
    id === undefined ||
    id.includes('\0') ||
    encodeKeyset({ at: new Date(Number(ms)), id }) !== text
  )
    throw new StepwireError('bad_cursor', 'this is no cursor of a list');
  return { at: new Date(Number(ms)), id };
}
