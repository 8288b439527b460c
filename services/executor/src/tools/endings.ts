/** Endings by what they say about a domain. Lower case, without the dot. */

/** Never on the public internet: RFC 2606, RFC 6761. */
export const reserved: ReadonlySet<string> = new Set(['test', 'example', 'invalid', 'localhost', 'local']);

/**
 * Cheap or free endings with far more abuse than others, by the yearly lists of Spamhaus and Interisle
 * (https://www.spamhaus.org/reputation-statistics/gtlds/domains/). A hint, no more.
 */
export const risky: ReadonlySet<string> = new Set(
  (
    'bond buzz cam cfd cf click country cyou fit ga gdn gq icu lat life live loan lol ml mom monster mov ' +
    'online quest rest ru sbs shop site stream tk top vip work xin xyz zip'
  ).split(' '),
);

/** They hide where a link goes. */
export const shorteners: ReadonlySet<string> = new Set(
  (
    'bit.ly buff.ly cutt.ly goo.gl is.gd ow.ly rb.gy rebrand.ly s.id shorturl.at t.co t.ly tiny.cc ' + 'tinyurl.com'
  ).split(' '),
);
