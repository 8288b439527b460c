import type { Tool } from '@stepwire/agent-sdk';
import Type from 'typebox';
import { findAmounts } from './entities/amounts.ts';
import { findCryptoAddresses } from './entities/crypto.ts';
import { findCues } from './entities/cues.ts';
import { findBareUrls, findEmails, findUrls } from './entities/hosts.ts';
import { findIbans } from './entities/ibans.ts';
import { findPhones } from './entities/phones.ts';
import { findSender } from './entities/sender.ts';
import { Occupied } from './entities/spans.ts';
import type { Entities } from './evidence.ts';
import { shape } from './parameters.ts';

/** in UTF-16 code units; longer texts are cut, and the result says so */
const MAX_TEXT_CHARS = 64 * 1024;
/** of each kind */
const MAX_FOUND = 200;

/** Everything in a text that can be looked up. Pure; linear in the text's length. */
export function extractEntities(whole: string): Entities {
  const text = whole.slice(0, MAX_TEXT_CHARS);
  const occupied = new Occupied(text);
  const urls = occupied.keep(findUrls(text), MAX_FOUND);
  const emails = occupied.keep(findEmails(text), MAX_FOUND);
  const ibans = occupied.keep(findIbans(text), MAX_FOUND);
  const cryptoAddresses = occupied.keep(findCryptoAddresses(text), MAX_FOUND);
  urls.push(...occupied.keep(findBareUrls(text), MAX_FOUND - urls.length));
  const phones = occupied.keep(findPhones(text), MAX_FOUND);
  const amounts = occupied.keep(findAmounts(text), MAX_FOUND);
  const hosts = [...new Set([...urls, ...emails].map(({ host }) => host))];
  const full = [urls, emails, ibans, cryptoAddresses, amounts, phones].some((found) => found.length >= MAX_FOUND);
  const truncated =
    whole.length > MAX_TEXT_CHARS
      ? `only the first ${MAX_TEXT_CHARS} characters were read`
      : full
        ? `only the first ${MAX_FOUND} of each kind were kept`
        : null;
  // Cues are phrases around and between the rest, so they may overlap it.
  const cues = [...findCues(text)];
  return { urls, emails, phones, ibans, cryptoAddresses, amounts, hosts, sender: findSender(text), cues, truncated };
}

const parameters = shape('input of entity_extraction', Type.Object({ text: Type.String() }));

export const entityExtraction: Tool = {
  name: 'entity_extraction',
  about: 'input {text}: URLs, e-mail addresses, phone numbers, IBANs, crypto addresses, amounts, the named sender',
  run: ({ input }) => extractEntities(parameters(input).text),
};
