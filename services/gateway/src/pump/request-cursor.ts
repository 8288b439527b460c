import { type Cursor, parseCursor } from '@stepwire/dialects';
import { StepwireError } from '@stepwire/protocol';

/** @throws StepwireError `bad_cursor` */
export function requestCursor(id: string): Cursor {
  const cursor = parseCursor(id);
  if (cursor !== null) return cursor;
  throw new StepwireError('bad_cursor', 'a cursor of a request is the id of the last message, such as 7 or 7.1');
}
