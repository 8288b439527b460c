import { domainToUnicode } from 'node:url';
import type { Tool } from '@stepwire/agent-sdk';
import { parse } from 'tldts';
import Type from 'typebox';
import { brands } from './brands.ts';
import { reserved, risky, shorteners } from './endings.ts';
import type { DomainResult, Finding } from './evidence.ts';
import { lookAlike } from './look-alike.ts';
import { badInput, entitiesOf, shape } from './parameters.ts';

type Reputation = DomainResult['domains'][number];

/** What a domain's name alone tells. Pure; no network. @param host as in a URL: punycode or Unicode, or an IP address */
export function judgeDomain(host: string): Reputation {
  const { domain, publicSuffix, isIp, isIcann, isPrivate, subdomain } = parse(host, { allowPrivateDomains: true });
  if (isIp === true) {
    const text = `${host} is a bare address: a real service has a name`;
    return { host, registrable: null, suffix: null, belongsTo: null, findings: [{ code: 'ip_address', text }] };
  }
  const suffix = publicSuffix ?? null;
  const owner = brands.find(({ domains }) => domains.some((own) => host === own || host.endsWith(`.${own}`)));
  if (owner !== undefined) {
    return { host, registrable: domain ?? null, suffix, belongsTo: owner.name, findings: [] };
  }
  const unicode = domainToUnicode(host) || host;
  const findings: Finding[] = [];
  const found = (code: string, text: string) => findings.push({ code, text });
  const ending = suffix?.split('.').at(-1) ?? '';

  findings.push(...imitation(unicode, suffix, domain ?? null));
  if (unicode !== host || /[^\0-\x7f]/.test(host))
    found('punycode', `${host} is written with other letters: ${unicode}`);
  if (mixesScripts(unicode)) found('mixed_scripts', `${unicode} mixes alphabets in one word`);
  if (shorteners.has(domain ?? host)) found('shortener', `${host} shortens links: where this one goes is hidden`);
  if (isPrivate === true) found('free_hosting', `${host} is space that anybody can get under ${suffix}`);
  if (reserved.has(ending)) found('reserved_ending', `.${ending} is reserved: no real site is there`);
  else if (isIcann !== true && isPrivate !== true) found('unknown_ending', `.${ending} is no ending that exists`);
  else if (risky.has(ending)) found('risky_ending', `.${ending} is an ending with much abuse`);
  if ((subdomain ?? '').split('.').length > 3) found('many_labels', `${host} is nested deep, which hides its owner`);
  if (host.length > 60) found('long_name', `${host.slice(0, 40)}… is unusually long`);
  return { host, registrable: domain ?? null, suffix, belongsTo: null, findings };
}

/** At most one finding: the most telling label, from the registered one outwards. */
function imitation(unicode: string, suffix: string | null, registrable: string | null): Finding[] {
  const labels = unicode.split('.').slice(0, suffix === null ? undefined : -suffix.split('.').length);
  for (const [place, label] of labels.reverse().entries()) {
    const like = lookAlike(label);
    if (like === null) continue;
    const { brand, how } = like;
    const real = `${brand.name} is at ${brand.domains[0]}`;
    const where = place === 0 ? unicode : `${unicode} puts it in front of ${registrable ?? 'its own name'}`;
    switch (how) {
      case 'homoglyph':
        return [{ code: how, text: `${where} only looks like ${brand.name}; ${real}` }];
      case 'misspelt':
        return [{ code: 'misspelt_brand', text: `${where} is nearly "${brand.word}"; ${real}` }];
      default:
        return [{ code: 'brand_elsewhere', text: `${where} uses the name ${brand.name} but is not theirs; ${real}` }];
    }
  }
  return [];
}

/** Latin beside Cyrillic or Greek in one label; Japanese and Chinese mix with Latin by nature and do not count. */
const mixesScripts = (unicode: string): boolean =>
  unicode
    .split('.')
    .some((label) => /\p{Script=Latin}/u.test(label) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(label));

const parameters = shape(
  'input of domain_reputation',
  Type.Object({ hosts: Type.Optional(Type.Array(Type.String())) }),
);

export const domainReputation: Tool = {
  name: 'domain_reputation',
  about: 'input {hosts?}: public suffix, look-alikes of brands, punycode, risky endings; no network',
  run(context): DomainResult {
    const hosts = parameters(context.input ?? {}).hosts ?? entitiesOf(context)?.hosts;
    if (hosts === undefined) throw badInput('domain_reputation needs input.hosts or an entity_extraction before it');
    if (hosts.length === 0) return context.skip('the message names no domain');
    return { domains: hosts.map((host) => judgeDomain(host.toLowerCase())) };
  },
};
