import type { Span } from './spans.ts';

export interface AmountSpan extends Span {
  readonly text: string;
  readonly value: number;
  /** ISO 4217 or a coin's ticker; null where the text names none */
  readonly currency: string | null;
}

const symbols: Readonly<Record<string, string>> = {
  '£': 'GBP',
  '€': 'EUR',
  $: 'USD',
  '¥': 'JPY',
  '₹': 'INR',
  '₿': 'BTC',
};
const words: Readonly<Record<string, string>> = {
  dollar: 'USD',
  dollars: 'USD',
  pound: 'GBP',
  pounds: 'GBP',
  quid: 'GBP',
  euro: 'EUR',
  euros: 'EUR',
};

const number = String.raw`\d{1,3}(?:[ ,.'’]\d{3}){1,4}(?:[.,]\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,8})?(?!\d)`;
const symbol = '[£€$¥₹₿]';
const code = 'USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|BTC|ETH|USDT';
const word = 'dollars?|pounds?|euros?|quid';
const verb = 'pay|paid|fee|cost|costs|charge|charges|amount|deposit|send|transfer|refund|sum';

const amount = new RegExp(
  [
    String.raw`(?<symbol>${symbol})\s?(?<a>${number})`,
    String.raw`(?<code>\b(?:${code}))\s?(?<b>${number})`,
    String.raw`(?<![\d.,])(?<c>${number})\s?(?<unit>${symbol}|(?:${code}|${word})\b)`,
    String.raw`\b(?:${verb})(?:\s(?:of|a|the|is|only|just|fee|small)){0,3}\s(?<bare>${number})`,
  ].join('|'),
  'giu',
);

export function* findAmounts(text: string): Generator<AmountSpan> {
  for (const match of text.matchAll(amount)) {
    const groups = match.groups ?? {};
    const digits = groups.a ?? groups.b ?? groups.c ?? groups.bare;
    if (digits === undefined) continue;
    const named = groups.symbol ?? groups.code ?? groups.unit;
    const end = match.index + match[0].length;
    const start = groups.bare === undefined ? match.index : end - digits.length;
    yield { start, end, text: text.slice(start, end), value: amountOf(digits), currency: currencyOf(named) };
  }
}

const currencyOf = (name: string | undefined): string | null =>
  name === undefined ? null : (symbols[name] ?? words[name.toLowerCase()] ?? name.toUpperCase());

/** "1.234,56", "1,234.56", "1 234" and "2.99": the last separator is the decimal one unless three digits follow it. */
function amountOf(digits: string): number {
  const grouped = /^\d{1,3}(?:[ ,.'’]\d{3})+$/.test(digits);
  const decimal = grouped ? null : /[.,](\d{1,8})$/.exec(digits);
  const whole = decimal === null ? digits : digits.slice(0, decimal.index);
  return Number(`${whole.replace(/\D/g, '')}.${decimal?.[1] ?? 0}`);
}
