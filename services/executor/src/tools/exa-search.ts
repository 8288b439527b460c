import { type Tool, type ToolContext, ToolError } from '@stepwire/agent-sdk';
import Type from 'typebox';
import type { Entities, SearchResult } from './evidence.ts';
import { entitiesOf, shape } from './parameters.ts';

/** https://exa.ai/docs/reference/search */
const ENDPOINT = 'https://api.exa.ai/search';
const TIMEOUT_MS = 20_000;
const RESULTS = 5;
/** names in one query: more make it find nothing */
const MAX_NAMES = 3;

const fraud = /\b(?:scam|fraud|phish|fake|spam|report(?:ed)?|warning|malicious|impersonat)/i;

/** Lenient where nothing depends on it: an API may grow and leave members out. */
const Answer = Type.Object({
  results: Type.Array(
    Type.Object({
      url: Type.String(),
      title: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      publishedDate: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      highlights: Type.Optional(Type.Array(Type.String())),
    }),
  ),
});
const answerShape = shape('the answer of the Exa API', Answer);

/**
 * What is asked: names, never the message itself, which is private and goes to nobody.
 * Undefined where there is nothing to look for.
 */
export function searchFor(
  entities: Pick<Entities, 'hosts' | 'phones'>,
): { query: string; names: string[] } | undefined {
  const names = [...entities.hosts, ...entities.phones.map(({ text }) => text)].slice(0, MAX_NAMES);
  if (names.length === 0) return undefined;
  return { query: `scam or fraud reports about ${names.map((name) => `"${name}"`).join(' or ')}`, names };
}

/** @param body the API's answer, parsed */
export function readAnswer(body: unknown, query: string, names: readonly string[]): SearchResult {
  const results = answerShape(body).results.map(({ title, url, publishedDate, highlights = [] }) => {
    const page = [title ?? '', ...highlights].join('\n');
    const names_ = names.some((name) => page.toLowerCase().includes(name.toLowerCase()));
    return {
      title: title ?? url,
      url,
      publishedDate: publishedDate ?? null,
      highlights,
      warns: names_ && fraud.test(page),
    };
  });
  return { query, results };
}

export interface ExaCall {
  readonly apiKey: string;
  readonly signal: AbortSignal;
  /** for tests of this very call */
  readonly endpoint?: string;
  readonly timeoutMs?: number;
}

/**
 * @returns the API's answer, parsed
 * @throws ToolError `search_failed`; the signal's reason, or a `TimeoutError`
 */
export async function askExa(
  query: string,
  { apiKey, signal, endpoint = ENDPOINT, timeoutMs = TIMEOUT_MS }: ExaCall,
): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
    body: JSON.stringify({ query, type: 'auto', numResults: RESULTS, contents: { highlights: true } }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  if (response.ok) return response.json();
  const said = (await response.text()).slice(0, 200);
  // 429 and 5xx pass; a wrong key or an empty account does not (https://exa.ai/docs/reference/error-codes)
  const retryable = response.status === 429 || response.status >= 500;
  throw new ToolError('search_failed', `the Exa API answered ${response.status}: ${said}`, { retryable });
}

const parameters = shape('input of exa_search', Type.Object({ query: Type.Optional(Type.String({ minLength: 1 })) }));

async function search(context: ToolContext, apiKey: string | undefined): Promise<SearchResult> {
  const given = parameters(context.input ?? {}).query;
  if (apiKey === undefined) return context.skip('web search needs EXA_API_KEY, which is not set');
  const wanted =
    given === undefined
      ? searchFor(entitiesOf(context) ?? { hosts: [], phones: [] })
      : { query: given, names: [given] };
  if (wanted === undefined) return context.skip('the message names nothing to search for');
  const call = context.toolStarted('exa.search', { query: wanted.query });
  try {
    const result = readAnswer(
      await askExa(wanted.query, { apiKey, signal: context.signal }),
      wanted.query,
      wanted.names,
    );
    context.toolCompleted(call, { output: { hits: result.results.length } });
    return result;
  } catch (error) {
    if (!context.signal.aborted) {
      context.toolCompleted(call, { error: error instanceof Error ? error.message : String(error) });
    }
    throw error;
  }
}

export const exaSearch = (apiKey: string | undefined): Tool => ({
  name: 'exa_search',
  about: 'input {query?}: what the web says about the domains and numbers; needs EXA_API_KEY',
  run: (context) => search(context, apiKey),
});
