import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Tool, ToolError } from '@stepwire/agent-sdk';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import Type, { type Static } from 'typebox';
import type { ScamDbResult } from './evidence.ts';
import { asCountry, badInput, entitiesOf, shape } from './parameters.ts';
import { seed } from './scam-db-seed.ts';

export const ScamEntry = Type.Object({
  kind: Type.Union([Type.Literal('phone'), Type.Literal('domain'), Type.Literal('phrase')]),
  /** E.164, a domain in lower case, or a normalised phrase */
  value: Type.String({ minLength: 1 }),
  note: Type.String(),
});
export type ScamEntry = Static<typeof ScamEntry>;
export const ScamTable = Type.Array(ScamEntry);

/** Where {@link seed} is added to; written by `npm run scamdb:import`. */
export const scamDbPath = (dataDir: string): string => join(dataDir, 'scamdb.json');

/** Phrases are compared without case, punctuation, accents and width: scammers vary these first. */
export const normalisePhrase = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

export interface Suspects {
  readonly text: string;
  readonly hosts: readonly string[];
  readonly phones: readonly string[];
  /** ISO 3166-1 alpha-2: how numbers without a country code are read */
  readonly country?: string | undefined;
}

/** Looks everything up. A domain's entry counts for its subdomains too. Pure. */
export function lookUp(table: readonly ScamEntry[], { text, hosts, phones, country }: Suspects): ScamDbResult {
  const phrases = ` ${normalisePhrase(text)} `;
  const numbers = new Set(phones.map((phone) => toE164(phone, country)));
  const names = new Set(hosts.flatMap(withParents));
  const isMatch = ({ kind, value }: ScamEntry): boolean => {
    if (kind === 'phone') return numbers.has(value);
    return kind === 'domain' ? names.has(value) : phrases.includes(` ${value} `);
  };
  return { entries: table.length, matches: table.filter(isMatch) };
}

function toE164(phone: string, country: string | undefined): string {
  const text = phone.replace(/^00/, '+');
  const region = country === undefined ? {} : { defaultCountry: asCountry(country) };
  return parsePhoneNumberFromString(text, region)?.number ?? text;
}

/** `a.b.example` → `a.b.example`, `b.example`, `example` */
const withParents = (host: string): string[] =>
  host.split('.').map((_, index, labels) => labels.slice(index).join('.'));

const tableShape = shape('scamdb.json', ScamTable);

/** The seed and what was imported; read again when the file changed. */
export class ScamDb {
  readonly #path: string;
  #read: { readonly mtimeMs: number; readonly table: readonly ScamEntry[] } | undefined;

  constructor(dataDir: string) {
    this.#path = scamDbPath(dataDir);
  }

  /** @throws ToolError `bad_data` where the file is not what the import wrote */
  async table(): Promise<readonly ScamEntry[]> {
    let mtimeMs: number;
    try {
      ({ mtimeMs } = await stat(this.#path));
    } catch {
      return seed;
    }
    if (this.#read?.mtimeMs !== mtimeMs) {
      this.#read = { mtimeMs, table: [...seed, ...parseTable(await readFile(this.#path, 'utf8'), this.#path)] };
    }
    return this.#read.table;
  }
}

export function parseTable(json: string, path: string): readonly ScamEntry[] {
  try {
    return tableShape(JSON.parse(json));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ToolError('bad_data', `${path} can't be used: ${why}`, { retryable: false, cause });
  }
}

const parameters = shape(
  'input of scam_db',
  Type.Object({
    text: Type.Optional(Type.String()),
    hosts: Type.Optional(Type.Array(Type.String())),
    phones: Type.Optional(Type.Array(Type.String())),
    country: Type.Optional(Type.String()),
  }),
);

export const scamDb = (dataDir: string): Tool => {
  const db = new ScamDb(dataDir);
  return {
    name: 'scam_db',
    about: 'input {text, hosts?, phones?, country?}: known numbers, domains and phrases',
    async run(context) {
      const { text = '', country, ...given } = parameters(context.input ?? {});
      const entities = entitiesOf(context);
      const hosts = given.hosts ?? entities?.hosts;
      const phones = given.phones ?? entities?.phones.map((phone) => phone.text);
      if (text === '' && hosts === undefined && phones === undefined) throw badInput('scam_db: nothing to look up');
      return lookUp(await db.table(), { text, hosts: hosts ?? [], phones: phones ?? [], country });
    },
  };
};
