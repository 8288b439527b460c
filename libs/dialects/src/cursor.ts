import type { Message } from './dialect.ts';

/** What a client has: all events up to `seq`, and the first `parts` messages of the one after it. */
export interface Cursor {
  readonly seq: number;
  readonly parts: number;
}

/** The `id:` of SSE: `7.1`, `7.2` … and `7` for the last message of event 7. Undefined: it has none. */
export const messageId = ({ seq, part }: Message): string | undefined =>
  part === undefined ? `${seq}` : part === 0 ? undefined : `${seq}.${part}`;

/** @returns null where it is no id of ours */
export function parseCursor(id: string): Cursor | null {
  const [, seq = '', part] = /^(0|[1-9]\d{0,14})(?:\.([1-9]\d{0,8}))?$/.exec(id) ?? [];
  if (seq === '') return null;
  if (part === undefined) return { seq: Number(seq), parts: 0 };
  return seq === '0' ? null : { seq: Number(seq) - 1, parts: Number(part) };
}
