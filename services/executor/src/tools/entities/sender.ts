export interface NamedSender {
  readonly name: string;
  readonly how: 'header' | 'prefix' | 'introduction' | 'signature';
}

const name = String.raw`\p{Lu}[\p{L}\p{N}&.'’-]{0,30}(?: (?:\p{Lu}|of |and |& )[\p{L}\p{N}&.'’-]{0,30}){0,3}`;

/** `From: …`, the first line of a forwarded message */
const header = /^[> \t]{0,8}(?:from|sender|von|de)[ \t]*:[ \t]*(\S[^\n]{0,79})$/imu;
/** `DHL: your parcel …`, as text messages begin */
const prefix = new RegExp(String.raw`^\s{0,8}(${name}) ?: `, 'u');
const introduction = new RegExp(
  String.raw`\b(?:[Tt]his is|I am|I['’]m|[Mm]y name is|[Ww]e are)(?: the)? (${name})(?:,? (?:from|of|at|with)(?: the)? (${name}))?`,
  'u',
);
const signature = new RegExp(
  String.raw`\b(?:regards|sincerely|cheers|thanks|thank you|yours|love)[ \t]{0,4},?[ \t]{0,4}\n\s{0,8}(?:the |your )?(${name})`,
  'iu',
);

/** Words that stand before a colon, or after "this is", and name nobody. */
const nobody =
  /^(?:dear|hello|hi|hey|urgent|warning|attention|important|reminder|notice|alert|subject|re|fwd|fw|ps|note|not|info|final|last|your)\b/i;

/** Who the text says it is from. That a link or a number belongs to somebody does not count. */
export function findSender(text: string): NamedSender | null {
  const introduced = introduction.exec(text);
  const found: readonly (readonly [NamedSender['how'], string | undefined])[] = [
    ['header', header.exec(text)?.[1]],
    ['prefix', prefix.exec(text)?.[1]],
    ['introduction', introduced?.[2] === undefined ? introduced?.[1] : `${introduced[1]}, ${introduced[2]}`],
    ['signature', signature.exec(text)?.[1]],
  ];
  for (const [how, who] of found) {
    const trimmed = who?.trim().replace(/[.,:]+$/, '') ?? '';
    if (trimmed.length > 1 && !nobody.test(trimmed)) return { name: trimmed, how };
  }
  return null;
}
