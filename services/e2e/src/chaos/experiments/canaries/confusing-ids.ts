import { shardOf } from '@stepwire/protocol';
import type { Random } from '../../random.ts';

/**
 * Ids of requests that something could take for one another: prefixes, names of rooms and of members that every object has,
 * patterns of bindings, letters that look alike or are put together, separators, and shards that hold many.
 */
export function confusingIds(count: number, run: string, random: Random): readonly string[] {
  const base = `canary-${run}`;
  const ids = new Set<string>([
    base,
    ...[`${base}-`, `${base} `, ` ${base}`, `${base}\n`, `${base}\t`, `${base}/`, `${base}?`, `${base}#`, `${base}%00`],
    ...[`request:${base}`, `log|${base}`, `log|request:${base}`, `request:log|${base}`, `log|request:request:${base}`],
    ...[`guide|${base}`, `|${base}`, `${base}|log`, `${base}\nlog`, `${base}\n1`, `${base}/1`, `${base}/1/1`],
    ...[`${base}.*`, `${base}.#`, `*.${base}`, '#', '*', `r1.u1.${base}`, `r*.${base}`],
    ...[`${base}'; --`, `${base}"}`, `${base}\\`, `${base}\\n`, `{"requestId":"${base}"}`, `${base},${base}-1`],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'].map((name) => `${name}`),
    ...['null', 'undefined', 'true', '0', '-1', 'NaN', '[object Object]'],
    ...[base.toUpperCase(), `${base}é`, `${base}e\u0301`, `${base}İ`, `${base}i\u0307`, `${base}ı`, `${base}ß`],
    ...[`${base}\u200b`, `${base}\u00a0`, `${base}\ufeff`, `${base}\u202e`, `${base}😀`, `${base}😁`, `сanary-${run}`],
    ...['a', 'aa', 'aaa'].map((letters) => `${base}${letters.padEnd(150, 'a')}`),
  ]);
  // each the beginning of the next
  for (let n = 1; n <= 30; n += 1) ids.add(`${base}-${'1'.repeat(n)}`);
  // one shard of all
  const shard = shardOf(base);
  for (let n = 0; ids.size < count / 2; n += 1) if (shardOf(`${base}-s${n}`) === shard) ids.add(`${base}-s${n}`);
  while (ids.size < count) ids.add(`${base}-${random.between(0, 99_999)}`);
  return [...ids].slice(0, count);
}
