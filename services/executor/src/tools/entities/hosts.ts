import { parse } from 'tldts';
import type { Span } from './spans.ts';

export interface UrlSpan extends Span {
  readonly text: string;
  readonly url: string;
  /** as DNS knows it: lower case, punycode; an address without brackets */
  readonly host: string;
}
export interface EmailSpan extends Span {
  readonly address: string;
  readonly host: string;
}

/** Endings that exist in no registry but stand in messages, examples and tests (RFC 2606, RFC 6761, RFC 7686). */
const specialEndings = new Set(['test', 'example', 'invalid', 'localhost', 'local', 'onion']);

// Every repetition is bounded or over a class that excludes what follows it: no input makes these slow.
const label = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?`;
const dot = String.raw`(?:\.|\[\.\])`;
const ending = String.raw`(?:xn--[a-z0-9-]{2,59}|\p{L}{2,24})`;
const host = `(?:${label}${dot}){1,10}(${ending})`;
const tail = String.raw`[^\s<>"'\u0060{}|\\^]`;

/** http, https, ftp, and the "defanged" spelling of security reports: hxxp, [.] */
const withScheme = new RegExp(String.raw`\b(?:h(?:tt|xx)ps?|ftp)(?::|\[:\])//${tail}{1,2048}`, 'giu');
const withoutScheme = new RegExp(
  String.raw`(?<![\p{L}\p{N}@._/-])${host}(?![\p{L}\p{N}@-])(?::\d{1,5})?(?:[/?#]${tail}{0,2048})?`,
  'giu',
);
const email = new RegExp(
  String.raw`(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+'-]{1,64}(?:@|\[at\])${host}(?![\p{L}\p{N}-])`,
  'giu',
);

export function* findUrls(text: string): Generator<UrlSpan> {
  for (const match of text.matchAll(withScheme)) {
    const found = asUrl(match[0], match.index, '');
    if (found !== undefined) yield found;
  }
}

/** `dhl-parcel.test/x`: only where the ending is one that exists, since `e.g.this` has dots too. */
export function* findBareUrls(text: string): Generator<UrlSpan> {
  for (const match of text.matchAll(withoutScheme)) {
    const [whole, end = ''] = match;
    if (!isEnding(end)) continue;
    const found = asUrl(whole, match.index, 'http://');
    if (found !== undefined) yield found;
  }
}

export function* findEmails(text: string): Generator<EmailSpan> {
  for (const match of text.matchAll(email)) {
    const [whole] = match;
    const address = refang(whole).replace(/\[at\]/i, '@');
    const url = URL.parse(`http://${address.slice(address.lastIndexOf('@') + 1)}`);
    if (url === null) continue;
    yield { start: match.index, end: match.index + whole.length, address, host: url.hostname };
  }
}

function asUrl(matched: string, start: number, scheme: string): UrlSpan | undefined {
  const text = trimEnd(matched);
  const url = URL.parse(scheme + refang(text));
  if (url === null || url.hostname === '') return undefined;
  return { start, end: start + text.length, text, url: url.href, host: url.hostname.replace(/^\[|\]$/g, '') };
}

const refang = (text: string): string =>
  text
    .replace(/^h(?:tt|xx)p/i, 'http')
    .replaceAll('[.]', '.')
    .replace('[:]', ':');

/** The sentence's punctuation is not the URL's; a closing bracket is where it was opened in the URL. */
function trimEnd(text: string): string {
  const surplus = { ')': count(text, ')') - count(text, '('), ']': count(text, ']') - count(text, '[') };
  let end = text.length;
  for (; end > 0; end--) {
    const last = text.charAt(end - 1);
    if (last === ')' || last === ']') {
      if (surplus[last] <= 0) break;
      surplus[last] -= 1;
    } else if (!'.,;:!?…”’»*_'.includes(last)) break;
  }
  return text.slice(0, end);
}

const count = (text: string, character: string): number => text.split(character).length - 1;

/** `.Now` begins a sentence after a missing space, `.now` and `.NOW` are endings. */
function isEnding(ending: string): boolean {
  if (/^\p{Lu}\p{Ll}/u.test(ending)) return false;
  const lower = ending.toLowerCase();
  return specialEndings.has(lower) || parse(`a.${lower}`).isIcann === true;
}
