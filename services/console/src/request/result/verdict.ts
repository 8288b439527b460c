/** What a check of a message comes to, as the executor's `reasoning` tool says it. */
export interface Verdict {
  readonly verdict: 'likely_scam' | 'suspicious' | 'no_sign_of_scam' | 'unclear';
  /** 0–99 */
  readonly score: number;
  readonly summary: string;
  readonly reasons: readonly { readonly text: string; readonly weight: number; readonly source: string }[];
  readonly notChecked: readonly { readonly step: string; readonly reason: string }[];
  readonly advice: readonly string[];
}

const verdicts: ReadonlySet<unknown> = new Set(['likely_scam', 'suspicious', 'no_sign_of_scam', 'unclear']);

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null;
const listOf = <T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] =>
  Array.isArray(value) && value.every(is);

const isText = (value: unknown): value is string => typeof value === 'string';
const isReason = (value: unknown): value is Verdict['reasons'][number] =>
  isObject(value) && isText(value.text) && typeof value.weight === 'number' && isText(value.source);
const isUnchecked = (value: unknown): value is Verdict['notChecked'][number] =>
  isObject(value) && isText(value.step) && isText(value.reason);

/** Results are whatever agents say they are: null where it is something else. */
export const isVerdict = (result: unknown): result is Verdict =>
  isObject(result) &&
  verdicts.has(result.verdict) &&
  typeof result.score === 'number' &&
  isText(result.summary) &&
  listOf(result.reasons, isReason) &&
  listOf(result.notChecked, isUnchecked) &&
  listOf(result.advice, isText);
