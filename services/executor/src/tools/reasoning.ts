import type { Tool, ToolContext, ToolInput } from '@stepwire/agent-sdk';
import { DomainResult, Entities, PhoneResult, ScamDbResult, SearchResult, SenderResult } from './evidence.ts';
import { type Evidence, type Reason, reasonsFrom } from './evidence-reasons.ts';
import { badInput, shape } from './parameters.ts';

export interface Assessment {
  readonly verdict: 'likely_scam' | 'suspicious' | 'no_sign_of_scam' | 'unclear';
  /** 0–99 */
  readonly score: number;
  readonly summary: string;
  /** the weightiest first */
  readonly reasons: readonly Reason[];
  /** what this verdict does not rest on, and why */
  readonly notChecked: readonly { readonly step: string; readonly reason: string }[];
  readonly advice: readonly string[];
}

/** nothing here is certain */
const MAX_SCORE = 99;
const LIKELY = 70;
const SUSPICIOUS = 35;

const summaries: Readonly<Record<Assessment['verdict'], string>> = {
  likely_scam: 'This is very likely a scam.',
  suspicious: 'This is suspicious.',
  no_sign_of_scam: 'Nothing that was checked speaks for a scam. That is no proof that it is honest.',
  unclear: 'There was too little to check for a verdict.',
};

/**
 * Weighs the evidence. Reasons for a scam add up as independent doubts do, 1 − Π(1 − w), and those against take their
 * share away. Pure.
 * @param unchecked steps without a result, by name
 */
export function assess(evidence: Evidence, unchecked: Readonly<Record<string, string>> = {}): Assessment {
  const reasons = reasonsFrom(evidence);
  const honest = reasons.reduce((rest, { weight }) => (weight > 0 ? rest * (1 - weight) : rest), 1);
  const against = reasons.reduce((rest, { weight }) => (weight < 0 ? rest * (1 + weight) : rest), 1);
  const score = Math.min(MAX_SCORE, Math.round(100 * (1 - honest) * against));
  const notChecked = [
    ...Object.entries(unchecked).map(([step, reason]) => ({ step, reason })),
    ...(evidence.phones?.phones ?? [])
      .flatMap(({ findings }) => findings.filter(({ code }) => code === 'country_unknown'))
      .map(({ text }) => ({ step: 'phone_validator', reason: text })),
    ...(evidence.entities?.truncated ? [{ step: 'entity_extraction', reason: evidence.entities.truncated }] : []),
  ];
  const verdict = verdictOf(score, evidence);
  return { verdict, score, summary: summaries[verdict], reasons, notChecked, advice: adviceFor(verdict, evidence) };
}

function verdictOf(score: number, { entities, domains, phones, scamDb }: Evidence): Assessment['verdict'] {
  if (score >= LIKELY) return 'likely_scam';
  if (score >= SUSPICIOUS) return 'suspicious';
  const looked = (domains?.domains.length ?? 0) + (phones?.phones.length ?? 0) + (entities?.cues.length ?? 0);
  return looked === 0 || scamDb === undefined ? 'unclear' : 'no_sign_of_scam';
}

function adviceFor(verdict: Assessment['verdict'], { entities, sender }: Evidence): string[] {
  const link = (entities?.urls.length ?? 0) > 0;
  const number = (entities?.phones.length ?? 0) > 0;
  if (verdict === 'no_sign_of_scam') return ['If it asks for money or data, ask its sender in a way you know already.'];
  return [
    ...(link ? ['Do not open the link.'] : []),
    ...(number ? ['Do not call the number.'] : []),
    sender?.relation === 'acquaintance'
      ? 'Ask the person on a number or address you had before.'
      : 'Reach whoever it claims to be through their own app or website.',
    ...(verdict === 'likely_scam' ? ['If you paid or gave card details, tell your bank now.'] : []),
  ];
}

/** What is streamed while it is written: the same as the result, for people. */
export function* asText({ verdict, score, summary, reasons, notChecked, advice }: Assessment): Generator<string> {
  yield `${summary} (${verdict}, ${score} of 100)\n`;
  for (const { text, weight } of reasons) yield `${weight < 0 ? '−' : '+'} ${text}.\n`;
  if (notChecked.length > 0) yield 'Not checked:\n';
  for (const { step, reason } of notChecked) yield `? ${step}: ${reason}.\n`;
  for (const line of advice) yield `→ ${line}\n`;
}

const readers = {
  entities: shape('the result of entity_extraction', Entities),
  scamDb: shape('the result of scam_db', ScamDbResult),
  domains: shape('the result of domain_reputation', DomainResult),
  phones: shape('the result of phone_validator', PhoneResult),
  search: shape('the result of exa_search', SearchResult),
  sender: shape('the result of sender', SenderResult),
};

/** Steps are known by the names of their tools, as the planner gives them. */
export function evidenceOf(inputs: ToolContext['inputs']): { evidence: Evidence; unchecked: Record<string, string> } {
  const read = <T>(step: string, reader: (value: unknown) => T): T | undefined => {
    const input = inputs[step];
    return input === undefined || input.status !== 'completed' ? undefined : reader(input.result);
  };
  const evidence = {
    entities: read('entity_extraction', readers.entities),
    scamDb: read('scam_db', readers.scamDb),
    domains: read('domain_reputation', readers.domains),
    phones: read('phone_validator', readers.phones),
    search: read('exa_search', readers.search),
    sender: read('sender', readers.sender),
  };
  const missing = Object.entries(inputs).filter(([, { status }]) => status !== 'completed');
  return { evidence, unchecked: Object.fromEntries(missing.map(([step, input]) => [step, reasonOf(input)])) };
}

const reasonOf = ({ status, reason }: ToolInput): string =>
  reason ?? (status === 'failed' ? 'it failed' : 'it was skipped');

export const reasoning: Tool = {
  name: 'reasoning',
  about: 'no input: weighs what the steps before it found into verdict, score and reasons',
  async run(context): Promise<Assessment> {
    const { evidence, unchecked } = evidenceOf(context.inputs);
    if (Object.values(evidence).every((found) => found === undefined)) {
      throw badInput('reasoning needs at least one checking step before it that completed');
    }
    const assessment = assess(evidence, unchecked);
    for (const line of asText(assessment)) await context.output(line);
    return assessment;
  },
};
