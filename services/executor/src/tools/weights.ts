/**
 * How much one piece of evidence speaks for a scam, 0–1; below 0 it speaks against. Set by hand: they order what we
 * know, and are no probabilities. By tool, then by the code of the finding.
 */
export const weights = {
  scam_db: { phone: 0.9, domain: 0.95, phrase: 0.4 },
  domain_reputation: {
    homoglyph: 0.8,
    misspelt_brand: 0.65,
    mixed_scripts: 0.6,
    brand_elsewhere: 0.6,
    ip_address: 0.45,
    punycode: 0.15,
    unknown_ending: 0.3,
    risky_ending: 0.25,
    shortener: 0.25,
    free_hosting: 0.2,
    many_labels: 0.15,
    long_name: 0.1,
    reserved_ending: 0.1,
  },
  phone_validator: {
    premium_rate: 0.5,
    invalid: 0.2,
    shared_cost: 0.2,
    personal_number: 0.2,
    impossible: 0.15,
    fictional: 0.15,
    voip: 0.1,
    country_unknown: 0,
  },
  exa_search: { warns: 0.4 },
  cue: {
    remoteControl: 0.4,
    reward: 0.3,
    secrecy: 0.3,
    credentials: 0.25,
    family: 0.25,
    payment: 0.2,
    threat: 0.2,
    delivery: 0.15,
    pressure: 0.15,
  },
  entity_extraction: { crypto: 0.3, iban_invalid: 0.2, iban: 0.1, small_fee: 0.15 },
  sender: { elsewhere: 0.5, stranger: 0.2, company: 0.05, unknown: 0.05, acquaintance: -0.15, own_domain: -0.4 },
} as const satisfies Record<string, Record<string, number>>;

/** 0 for a code that is not known here: it is told, and does not count. */
export function weightOf(tool: keyof typeof weights, code: string): number {
  const table: Readonly<Record<string, number>> = weights[tool];
  return Object.hasOwn(table, code) ? (table[code] ?? 0) : 0;
}
