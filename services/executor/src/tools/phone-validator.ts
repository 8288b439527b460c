import type { Tool } from '@stepwire/agent-sdk';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import Type from 'typebox';
import type { Finding, PhoneResult } from './evidence.ts';
import { asCountry, badInput, entitiesOf, shape } from './parameters.ts';

type Validation = PhoneResult['phones'][number];

/** Ranges that are never given to anybody, for films and examples: by E.164 prefix. */
const fictional: readonly RegExp[] = [
  // https://www.nationalnanpa.com: 555-0100 to 555-0199 of every area
  /^\+1\d{3}55501\d{2}$/,
  // https://www.ofcom.org.uk: numbers for drama
  /^\+447700900\d{3}$/,
  /^\+442079460\d{3}$/,
  /^\+441(?:13|14|15|16|17|18|21|31|41|51|61)4960\d{3}$/,
];

/** What a number tells by its numbering plan; whether anybody answers it is not known. Pure. */
export function validatePhone(text: string, country?: CountryCode): Validation {
  const parsed = parsePhoneNumberFromString(
    text.replace(/^00/, '+'),
    country === undefined ? {} : { defaultCountry: country },
  );
  const findings: Finding[] = [];
  if (parsed === undefined) {
    const international = /^(?:\+|00)/.test(text);
    if (international) findings.push({ code: 'impossible', text: `${text} is no number of any country` });
    else findings.push({ code: 'country_unknown', text: `${text} has no country code: not checked` });
    return { text, number: null, country: null, type: null, valid: international ? false : null, findings };
  }
  const { number } = parsed;
  const type = parsed.getType() ?? null;
  const valid = parsed.isValid();
  if (fictional.some((range) => range.test(number))) {
    findings.push({ code: 'fictional', text: `${number} is of a range for films and examples: nobody has it` });
  } else if (!valid) {
    findings.push({ code: 'invalid', text: `${number} is a number that its country does not give out` });
  }
  if (type === 'PREMIUM_RATE') findings.push({ code: 'premium_rate', text: `calling ${number} is expensive` });
  if (type === 'SHARED_COST') findings.push({ code: 'shared_cost', text: `calling ${number} costs extra` });
  if (type === 'VOIP')
    findings.push({ code: 'voip', text: `${number} is an internet number, easy to get from anywhere` });
  if (type === 'PERSONAL_NUMBER') {
    findings.push({ code: 'personal_number', text: `${number} forwards to another, at a price` });
  }
  return { text, number, country: parsed.country ?? (parsed.getPossibleCountries()[0] || null), type, valid, findings };
}

const parameters = shape(
  'input of phone_validator',
  Type.Object({ phones: Type.Optional(Type.Array(Type.String())), country: Type.Optional(Type.String()) }),
);

export const phoneValidator: Tool = {
  name: 'phone_validator',
  about: 'input {phones?, country?}: country, type and validity by the numbering plans',
  run(context): PhoneResult {
    const { phones: given, country } = parameters(context.input ?? {});
    const phones = given ?? entitiesOf(context)?.phones.map(({ text }) => text);
    if (phones === undefined) throw badInput('phone_validator needs input.phones or an entity_extraction before it');
    if (phones.length === 0) return context.skip('the message names no phone number');
    const region = country === undefined ? undefined : asCountry(country);
    return { phones: [...new Set(phones)].map((phone) => validatePhone(phone, region)) };
  },
};
