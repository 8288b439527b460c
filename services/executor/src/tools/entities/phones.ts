import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { Span } from './spans.ts';

export interface PhoneSpan extends Span {
  readonly text: string;
}

/** Digits with at most one separator between two of them, or a bracketed area code: linear on any input. */
const candidate = /(?<![\p{L}\p{N}.,])(?:\+|00)?\(?\d(?:(?:[ .\-/\u00a0]|\) ?| ?\(|\(0\))?\d){5,18}(?![\p{L}\p{N}])/gu;
const announced = /(?:call|phone|tel|telephone|text|sms|whatsapp|mobile|ring|contact|number|dial|fax)\W{0,12}$/i;
const northAmerican = /^\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}$/;
const date = /^(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{2,4})$/;

/**
 * Numbers that look as if they could be called. Without a country it takes more than digits: a leading 0, brackets, a
 * North American grouping or a word like "call" before it.
 */
export function* findPhones(text: string): Generator<PhoneSpan> {
  for (const match of text.matchAll(candidate)) {
    const [whole] = match;
    if (date.test(whole)) continue;
    const international = /^(?:\+|00)/.test(whole);
    const kept = international ? withoutTail(whole) : whole;
    if (!international && !looksNational(whole, text.slice(Math.max(0, match.index - 24), match.index))) continue;
    yield { start: match.index, end: match.index + kept.length, text: kept };
  }
}

const looksNational = (number: string, before: string): boolean =>
  /^[0(]/.test(number) || northAmerican.test(number) || announced.test(before);

/** "+44 7700 900123 24 hours a day": groups are dropped from the end until the length is possible for the country. */
function withoutTail(text: string): string {
  for (let kept = text; kept !== ''; kept = kept.slice(0, Math.max(0, kept.search(/[ .\-/\u00a0][^ .\-/\u00a0]*$/)))) {
    if (parsePhoneNumberFromString(kept.replace(/^00/, '+'))?.isPossible() === true) return kept;
  }
  return text;
}
