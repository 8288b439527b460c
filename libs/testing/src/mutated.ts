import type { Json } from '@stepwire/protocol';
import fc from 'fast-check';

/** Values that somewhere once were taken for what they are not. */
const nasty: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    ...[null, true, -1, -0, 0, 0.5, 1e308, 2 ** 53, 2 ** 31],
    ...['', ' ', '\0', 'a\0b', '\ud800', 'a\udc00b', '\r\n', '\n\ndata: x', '\u2028', '\u202e', '\u001b[2J'],
    ...['__proto__', 'constructor', 'toString', '../..', '%', '%00', 'x'.repeat(201), '😀'.repeat(51), '~1', '~'],
    ...['1e999', '-1', '99999999999999999999', 'NaN', '0x10', '2026-13-45', '<script>'],
    [],
    {},
    [[]],
    { constructor: { prototype: { polluted: true } } },
  ),
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.double(),
  fc.integer(),
  fc.jsonValue().map((value): Json => JSON.parse(JSON.stringify(value))),
  fc.nat({ max: 100 }).map((depth): Json => {
    let value: Json = 1;
    for (let level = 0; level < depth; level += 1) value = [value];
    return value;
  }),
);

const names = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', '', '0', 'a/b~c'),
  fc.constantFrom('requestId', 'userId', 'type', 'id', 'data', 'since', 'steps', 'caller'),
  fc.string({ unit: 'binary', maxLength: 10 }),
);

/** @param at where in the value, by steps from its root: each is taken modulo how many members there are */
interface Edit {
  readonly at: readonly number[];
  readonly how: 'replace' | 'remove' | 'add' | 'double' | 'wrap';
  readonly name: string;
  readonly value: Json;
}
const edits: fc.Arbitrary<Edit> = fc.record({
  at: fc.array(fc.nat({ max: 50 }), { maxLength: 6 }),
  how: fc.constantFrom('replace', 'replace', 'remove', 'add', 'double', 'wrap'),
  name: names,
  value: nasty,
});

/** A member of its own, even where it is called `__proto__`. */
const objectOf = (members: readonly (readonly [string, Json])[]): Json => Object.fromEntries(members);

function edited(value: Json, { at: [step, ...further], ...edit }: Edit): Json {
  const { how, name, value: other } = edit;
  if (typeof value !== 'object' || value === null || step === undefined) {
    if (how === 'wrap') return [value];
    if (how === 'add' && typeof value === 'object' && value !== null && !Array.isArray(value))
      return objectOf([...Object.entries(value), [name, other]]);
    return other;
  }
  const members = Object.entries<Json>(value);
  const nth = members.length === 0 ? 0 : step % members.length;
  const changed = members.flatMap(([key, member], index): [string, Json][] => {
    if (index !== nth) return [[key, member]];
    if (how === 'remove' && further.length === 0) return [];
    if (how === 'double' && further.length === 0)
      return [
        [key, member],
        [`${key}2`, member],
      ];
    return [[key, edited(member, { at: further, ...edit })]];
  });
  return Array.isArray(value) ? changed.map(([, member]) => member) : objectOf(changed);
}

/** JSON values that are nearly one of these: members replaced, removed, added, doubled and wrapped. */
export const mutatedValue = (valid: readonly Json[]): fc.Arbitrary<Json> =>
  fc
    .tuple(fc.constantFrom(...valid), fc.array(edits, { maxLength: 4 }))
    .map(([value, changes]) => changes.reduce<Json>(edited, value));

const tokens = fc.constantFrom(
  ...['"__proto__":{"a":1},', '"\\u005f_proto__":1,', '\\ud800', '\\u0000', '\0', '"', '\\', '{', '}', '[', ']', ','],
  ...[':', '1e999', '-0', '-', '\ufeff', ' '.repeat(1000), '['.repeat(40), '{"a":'.repeat(40), '\xff', '😀', '%'],
  ...['.', '=', ';', '&', '?', '/', '\r\n', '--', '~', 'null', 'true'],
);

/** Text that is nearly one of these: cut, doubled, with other characters in it. */
export const mutatedText = (valid: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      valid,
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          length: fc.oneof(fc.constant(0), fc.nat({ max: 3 }), fc.nat({ max: 200 })),
          insert: fc.oneof(fc.constant(''), tokens, fc.string({ unit: 'binary', maxLength: 4 })),
          times: fc.oneof(fc.constant(1), fc.nat({ max: 50 })),
        }),
        { maxLength: 5 },
      ),
    )
    .map(([text, changes]) =>
      changes.reduce((now, { at, length, insert, times }) => {
        const begin = Math.floor(at * now.length);
        return now.slice(0, begin) + insert.repeat(times) + now.slice(begin + length);
      }, text),
    );

/** JSON text of {@link mutatedValue}, sometimes broken as text. */
export const mutatedJson = (valid: readonly Json[]): fc.Arbitrary<string> => {
  const whole = mutatedValue(valid).map((value) => JSON.stringify(value));
  return fc.oneof(whole, mutatedText(whole));
};

/** Short patterns repeated up to `maxChars`: what makes a parser slow is mostly long and dull. */
export const longText = (maxChars: number): fc.Arbitrary<string> =>
  fc
    .record({
      begin: fc.string({ maxLength: 4 }),
      unit: fc.oneof(tokens, fc.string({ unit: 'binary', minLength: 1, maxLength: 4 })),
      end: fc.string({ maxLength: 4 }),
      size: fc.constantFrom(0.1, 0.5, 1),
    })
    .map(({ begin, unit, end, size }) => {
      const repeats = Math.max(1, Math.floor((maxChars * size) / Math.max(1, unit.length)));
      return begin + unit.repeat(repeats) + end;
    });
