import { getCountrySpecifications, isValidIBAN } from 'ibantools';
import type { Span } from './spans.ts';

export interface IbanSpan extends Span {
  readonly iban: string;
  readonly country: string;
  /** length and ISO 7064 mod 97-10 checksum */
  readonly valid: boolean;
}

const specifications = getCountrySpecifications();
const beginning = /(?<![\p{L}\p{N}])([A-Za-z]{2})\d{2}/gu;
const announced = /\biban\W{0,12}$/i;

/**
 * As many letters and digits as the country's IBANs have, with single spaces or dashes between them. One with a wrong
 * checksum counts only where the text calls it an IBAN: other words begin with two letters and two digits too.
 */
export function* findIbans(text: string): Generator<IbanSpan> {
  for (const match of text.matchAll(beginning)) {
    const country = (match[1] ?? '').toUpperCase();
    const length = specifications[country]?.chars;
    if (length === null || length === undefined) continue;
    const read = readAlphanumerics(text, match.index, length);
    if (read === undefined) continue;
    const valid = isValidIBAN(read.letters);
    if (!valid && !announced.test(text.slice(Math.max(0, match.index - 20), match.index))) continue;
    yield { start: match.index, end: read.end, iban: read.letters, country, valid };
  }
}

function readAlphanumerics(text: string, start: number, count: number): { letters: string; end: number } | undefined {
  let letters = '';
  let at = start;
  while (letters.length < count) {
    const character = text.charAt(at);
    if (/[A-Za-z0-9]/.test(character)) letters += character.toUpperCase();
    else if (!/[ \-\u00a0]/.test(character) || !/[A-Za-z0-9]/.test(text.charAt(at - 1))) return undefined;
    at += 1;
  }
  return /[\p{L}\p{N}]/u.test(text.charAt(at)) ? undefined : { letters, end: at };
}
