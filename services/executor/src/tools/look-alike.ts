import { distance } from 'fastest-levenshtein';
import { type Brand, brands } from './brands.ts';

/** How one label of a domain imitates a brand; null where it does not. */
export type LookAlike = {
  readonly brand: Brand;
  readonly how: 'same_word' | 'among_words' | 'homoglyph' | 'misspelt';
} | null;

/**
 * Characters that look like Latin letters (https://www.unicode.org/reports/tr39/, the Cyrillic, Greek and Latin part that
 * domains may hold), and digits and pairs that stand for letters.
 */
const confusable: Readonly<Record<string, string>> = {
  а: 'a',
  ɑ: 'a',
  α: 'a',
  ь: 'b',
  с: 'c',
  ϲ: 'c',
  ԁ: 'd',
  е: 'e',
  ё: 'e',
  ε: 'e',
  ɡ: 'g',
  һ: 'h',
  і: 'i',
  ı: 'i',
  ι: 'i',
  ј: 'j',
  к: 'k',
  κ: 'k',
  ӏ: 'l',
  ⅼ: 'l',
  м: 'm',
  п: 'n',
  ո: 'n',
  о: 'o',
  ο: 'o',
  ө: 'o',
  р: 'p',
  ρ: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  τ: 't',
  υ: 'u',
  ս: 'u',
  ν: 'v',
  ѵ: 'v',
  ԝ: 'w',
  х: 'x',
  χ: 'x',
  у: 'y',
  ү: 'y',
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '5': 's',
  '8': 'b',
}; // prettier-ignore

/** What a reader sees at a glance: lower case, accents dropped, look-alikes mapped. */
export function skeleton(label: string): string {
  const plain = label.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
  return [...plain]
    .map((character) => confusable[character] ?? character)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

/** Typing errors that still look like the brand, by the length of its name: short names are near to everything. */
const allowedEdits = (word: string): number => (word.length >= 9 ? 2 : word.length >= 5 ? 1 : 0);

/** @param label one label of a domain in Unicode */
export function lookAlike(label: string): LookAlike {
  const lower = label.toLowerCase();
  const words = lower.split('-');
  for (const brand of brands) {
    if (lower === brand.word) return { brand, how: 'same_word' };
    if (words.includes(brand.word)) return { brand, how: 'among_words' };
    if (brand.word.length >= 5 && lower.includes(brand.word)) return { brand, how: 'among_words' };
  }
  const seen = skeleton(lower).split('-');
  for (const brand of brands) {
    if (seen.includes(skeleton(brand.word)) || seen.join('') === skeleton(brand.word))
      return { brand, how: 'homoglyph' };
  }
  for (const brand of brands) {
    const edits = allowedEdits(brand.word);
    if (edits > 0 && words.some((word) => near(word, brand.word, edits))) return { brand, how: 'misspelt' };
  }
  return null;
}

/** Words whose length differs by more than the edits cannot be near; long labels never get to the distance. */
const near = (word: string, name: string, edits: number): boolean =>
  Math.abs(word.length - name.length) <= edits && distance(word, name) <= edits;
