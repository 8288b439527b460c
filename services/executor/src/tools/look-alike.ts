import { distance } from 'fastest-levenshtein';
import { type Brand, brands } from './brands.ts';

/** How one label of a domain imitates a brand; null where it does not. */
export type LookAlike = {
  readonly brand: Brand;
  readonly how: 'same_word' | 'among_words' | 'homoglyph' | 'misspelt';
} | null;

/**
 * Each character with the one it is taken for: letters that look like Latin ones (https://www.unicode.org/reports/tr39/, the Cyrillic, Greek and Latin part that
 * domains may hold), and digits and pairs that stand for letters.
 */
const confusable = new Map(
  'аa ɑa αa ьb сc ϲc ԁd еe ёe εe ɡg һh іi ıi ιi јj кk κk ӏl мm пn ոn оo οo өo рp ρp ԛq гr ѕs тt τt υu սu νv ѵv ԝw хx χx уy үy 0o 1l 3e 5s 8b'
    .split(' ')
    .map((pair) => [pair.slice(0, -1), pair.slice(-1)]),
);

/** What a reader sees at a glance: lower case, accents dropped, look-alikes mapped. */
export function skeleton(label: string): string {
  const plain = label.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
  return [...plain]
    .map((character) => confusable.get(character) ?? character)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

/** What phishing puts beside a name. */
const bait = new Set(
  (
    'account alert app auth bank billing card care check confirm customer customs delivery express fee help id info invoice ' +
    'login logistics mail notice online parcel pay payment portal post redelivery refund reset reward safe secure security ' +
    'service services shipping shop signin support team track tracking unlock update validate verify wallet web'
  ).split(' '),
);

/** Typing errors that still look like the brand, by the length of its name: short names are near to everything. */
const allowedEdits = ({ word, ordinary }: Brand): number =>
  ordinary === true || word.length < 6 ? 0 : word.length < 9 ? 1 : 2;

/** The name as the whole label, beside other words, or glued to one. */
function nameIn(label: string, { word, ordinary }: Brand): 'same_word' | 'among_words' | null {
  if (label === word) return ordinary === true ? null : 'same_word';
  const words = label.split('-');
  const telling = ordinary !== true && word.length >= 5;
  if (words.includes(word) && (telling || words.some((other) => bait.has(other)))) return 'among_words';
  for (const part of words) {
    if (part.startsWith(word) && bait.has(part.slice(word.length))) return 'among_words';
    if (part.endsWith(word) && bait.has(part.slice(0, -word.length))) return 'among_words';
    if (telling && word.length >= 6 && part.includes(word)) return 'among_words';
  }
  return null;
}

/** @param label one label of a domain in Unicode */
export function lookAlike(label: string): LookAlike {
  const lower = label.toLowerCase();
  const words = lower.split('-');
  for (const brand of brands) {
    const how = nameIn(lower, brand);
    if (how !== null) return { brand, how };
  }
  const seen = skeleton(lower);
  for (const brand of brands) {
    if (lower !== brand.word && !words.includes(brand.word) && looksLike(seen, skeleton(brand.word))) {
      return { brand, how: 'homoglyph' };
    }
  }
  for (const brand of brands) {
    const edits = allowedEdits(brand);
    if (edits > 0 && words.some((word) => near(word, brand.word, edits))) return { brand, how: 'misspelt' };
  }
  return null;
}

const looksLike = (seen: string, name: string): boolean =>
  seen.split('-').includes(name) || seen.replaceAll('-', '') === name;

/** Words whose length differs by more than the edits cannot be near; long labels never get to the distance. */
const near = (word: string, name: string, edits: number): boolean =>
  Math.abs(word.length - name.length) <= edits && distance(word, name) <= edits;
