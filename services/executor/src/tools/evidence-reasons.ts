import { brands } from './brands.ts';
import type { DomainResult, Entities, PhoneResult, ScamDbResult, SearchResult, SenderResult } from './evidence.ts';
import { weightOf, weights } from './weights.ts';

/** Why a verdict is what it is. */
export interface Reason {
  readonly text: string;
  /** 0–1, below 0 where it speaks against a scam */
  readonly weight: number;
  /** the tool that found it */
  readonly source: string;
}

/** What is at hand; a tool that was skipped or failed has left nothing. */
export interface Evidence {
  readonly entities?: Entities | undefined;
  readonly scamDb?: ScamDbResult | undefined;
  readonly domains?: DomainResult | undefined;
  readonly phones?: PhoneResult | undefined;
  readonly search?: SearchResult | undefined;
  readonly sender?: SenderResult | undefined;
}

const cueTexts: Readonly<Record<string, string>> = {
  pressure: 'It presses for time',
  delivery: 'It uses a parcel as its pretext',
  payment: 'It asks for money',
  credentials: 'It asks for access or card details',
  reward: 'It promises money or a prize',
  threat: 'It threatens',
  secrecy: 'It asks for secrecy',
  family: 'It claims to be family with a new number',
  remoteControl: 'It wants control of a device',
};

/** Every reason, the weightiest first. */
export function reasonsFrom(evidence: Evidence): Reason[] {
  return [
    ...fromScamDb(evidence),
    ...fromDomains(evidence),
    ...fromPhones(evidence),
    ...fromSearch(evidence),
    ...fromSender(evidence),
    ...fromText(evidence),
  ].sort((a, b) => b.weight - a.weight);
}

const fromScamDb = ({ scamDb }: Evidence): Reason[] =>
  (scamDb?.matches ?? []).map(({ kind, value, note }) => ({
    text: `The ${kind} "${value}" is a known one: ${note}`,
    weight: weightOf('scam_db', kind),
    source: 'scam_db',
  }));

const fromDomains = ({ domains }: Evidence): Reason[] =>
  (domains?.domains ?? []).flatMap(({ findings }) =>
    findings.map(({ code, text }) => ({
      text,
      weight: weightOf('domain_reputation', code),
      source: 'domain_reputation',
    })),
  );

const fromPhones = ({ phones }: Evidence): Reason[] =>
  (phones?.phones ?? []).flatMap(({ findings }) =>
    findings
      .filter(({ code }) => code !== 'country_unknown')
      .map(({ code, text }) => ({
        text,
        weight: weightOf('phone_validator', code),
        source: 'phone_validator',
      })),
  );

/** Two pages say no less than ten. */
const fromSearch = ({ search }: Evidence): Reason[] =>
  (search?.results ?? [])
    .filter(({ warns }) => warns)
    .slice(0, 2)
    .map(({ title, url }) => ({
      text: `A page on the web warns of it: ${title} (${url})`,
      weight: weights.exa_search.warns,
      source: 'exa_search',
    }));

function fromSender({ sender, domains }: Evidence): Reason[] {
  if (sender === undefined) return [];
  const reason = (code: keyof typeof weights.sender, text: string): Reason[] => [
    { text, weight: weights.sender[code], source: 'sender' },
  ];
  const said = { text: 'It says it is from', context: 'It is said to be from', answer: 'You say it came from' }[
    sender.source
  ];
  const claimed = brands.find(({ name }) => sender.sender?.toLowerCase().includes(name.toLowerCase()));
  const hosts = domains?.domains ?? [];
  if (claimed !== undefined && hosts.length > 0) {
    const others = hosts.filter(({ belongsTo }) => belongsTo !== claimed.name);
    return others.length === 0
      ? reason('own_domain', `${said} ${claimed.name}, and every link leads to ${claimed.name}’s own domain`)
      : reason('elsewhere', `${said} ${claimed.name}, but ${others[0]?.host} is not one of ${claimed.name}’s domains`);
  }
  const named = sender.sender === null ? '' : ` (${sender.sender})`;
  switch (sender.relation) {
    case 'acquaintance':
      return reason('acquaintance', `You know who it came from${named}; if it asks for money, ask them in another way`);
    case 'stranger':
      return reason('stranger', 'It came from a number or address you do not know');
    case 'company':
      return reason('company', `${said} a company or authority${named}, which could not be proved`);
    case 'unknown':
      return reason('unknown', 'Nobody could say who sent it');
  }
}

function fromText({ entities }: Evidence): Reason[] {
  if (entities === undefined) return [];
  const reason = (code: keyof typeof weights.entity_extraction, text: string): Reason => ({
    text,
    weight: weights.entity_extraction[code],
    source: 'entity_extraction',
  });
  const cues = entities.cues.map(({ cue, text }) => ({
    text: `${cueTexts[cue] ?? cue}: "${text}"`,
    weight: weightOf('cue', cue),
    source: 'entity_extraction',
  }));
  const speaksOfMoney = entities.cues.some(({ cue }) => cue === 'payment' || cue === 'delivery');
  const small = entities.amounts.find(({ value }) => value > 0 && value < 10);
  return [
    ...cues,
    ...entities.cryptoAddresses
      .slice(0, 1)
      .map(({ network }) => reason('crypto', `It names a ${network} address: such payments can’t be called back`)),
    ...entities.ibans
      .slice(0, 1)
      .map(({ iban, valid }) =>
        valid
          ? reason('iban', `It names the bank account ${iban}`)
          : reason('iban_invalid', `${iban} is no valid bank account`),
      ),
    ...(small !== undefined && speaksOfMoney
      ? [reason('small_fee', `A small sum (${small.text}) is often bait for card details`)]
      : []),
  ];
}
