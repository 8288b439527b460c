import Type, { type Static } from 'typebox';

/** What the tools of a check hand to one another, schema first: a caller's own plan may feed them anything. */
const Text = Type.String();
const span = { start: Type.Integer(), end: Type.Integer() };

export const Entities = Type.Object({
  urls: Type.Array(Type.Object({ ...span, text: Text, url: Text, host: Text })),
  emails: Type.Array(Type.Object({ ...span, address: Text, host: Text })),
  phones: Type.Array(Type.Object({ ...span, text: Text })),
  ibans: Type.Array(Type.Object({ ...span, iban: Text, country: Text, valid: Type.Boolean() })),
  cryptoAddresses: Type.Array(
    Type.Object({
      ...span,
      address: Text,
      network: Text,
      checked: Type.Boolean({ description: 'its checksum was tested; Ethereum’s is not' }),
    }),
  ),
  amounts: Type.Array(
    Type.Object({ ...span, text: Text, value: Type.Number(), currency: Type.Union([Text, Type.Null()]) }),
  ),
  /** of URLs and e-mail addresses, each once, as DNS knows them (punycode) */
  hosts: Type.Array(Text),
  /** who the text says it is from */
  sender: Type.Union([Type.Object({ name: Text, how: Text }), Type.Null()]),
  /** turns of phrase that scams live on */
  cues: Type.Array(Type.Object({ ...span, cue: Text, text: Text })),
  /** not everything was looked at or kept: the message names the limit */
  truncated: Type.Union([Text, Type.Null()]),
});
export type Entities = Static<typeof Entities>;

const Finding = Type.Object({ code: Text, text: Text });
/** Something a tool noticed: `code` is for weighing, `text` for people. */
export type Finding = Static<typeof Finding>;

export const ScamDbResult = Type.Object({
  entries: Type.Integer(),
  matches: Type.Array(
    Type.Object({
      kind: Type.Union([Type.Literal('phone'), Type.Literal('domain'), Type.Literal('phrase')]),
      value: Text,
      note: Text,
    }),
  ),
});
export type ScamDbResult = Static<typeof ScamDbResult>;

export const DomainResult = Type.Object({
  domains: Type.Array(
    Type.Object({
      host: Text,
      /** the part somebody registered; null for addresses and bare suffixes */
      registrable: Type.Union([Text, Type.Null()]),
      suffix: Type.Union([Text, Type.Null()]),
      /** the brand whose own domain it is */
      belongsTo: Type.Union([Text, Type.Null()]),
      findings: Type.Array(Finding),
    }),
  ),
});
export type DomainResult = Static<typeof DomainResult>;

export const PhoneResult = Type.Object({
  phones: Type.Array(
    Type.Object({
      text: Text,
      /** E.164, null where the country is not known or it is no number at all */
      number: Type.Union([Text, Type.Null()]),
      country: Type.Union([Text, Type.Null()]),
      type: Type.Union([Text, Type.Null()]),
      valid: Type.Union([Type.Boolean(), Type.Null()]),
      findings: Type.Array(Finding),
    }),
  ),
});
export type PhoneResult = Static<typeof PhoneResult>;

export const SearchResult = Type.Object({
  query: Text,
  results: Type.Array(
    Type.Object({
      title: Text,
      url: Text,
      publishedDate: Type.Union([Text, Type.Null()]),
      highlights: Type.Array(Text),
      /** the page names something from the message and speaks of fraud */
      warns: Type.Boolean(),
    }),
  ),
});
export type SearchResult = Static<typeof SearchResult>;

export const SenderResult = Type.Object({
  /** as the text, the caller or the person who was asked said it; null: nobody knows */
  sender: Type.Union([Text, Type.Null()]),
  source: Type.Union([Type.Literal('text'), Type.Literal('context'), Type.Literal('answer')]),
  relation: Type.Union([
    Type.Literal('company'),
    Type.Literal('acquaintance'),
    Type.Literal('stranger'),
    Type.Literal('unknown'),
  ]),
});
export type SenderResult = Static<typeof SenderResult>;
