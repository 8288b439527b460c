import { test } from '@jest/globals';
import { parseCursor } from '@stepwire/dialects';
import { decodeFeedCursor, encodeFeedCursor, type FeedCursor, type FeedMark } from '@stepwire/protocol';
import { fuzz, longText, mutatedText, outcome } from '@stepwire/testing';
import fc from 'fast-check';
import { requestCursor } from '../../src/pump/request-cursor.ts';

/** Where somebody says they were: `since`, `Last-Event-ID`, and the opaque cursor of a feed. */
const epoch = fc.stringMatching(/^[0-9A-Za-z_-]{1,36}$/);
const mark: fc.Arbitrary<FeedMark> = fc.oneof(
  fc.constant({ epoch: null, position: 0 }),
  fc.record({ epoch, position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) }),
);
const feedCursor: fc.Arbitrary<FeedCursor> = fc.oneof(
  fc.record({ own: mark }),
  fc.record({ own: mark, ownerless: mark }),
);
const user = fc.oneof(fc.constantFrom('ada', 'local', '__proto__', ''), fc.string({ unit: 'binary', maxLength: 50 }));
const id = fc
  .tuple(fc.nat({ max: 1e9 }), fc.option(fc.integer({ min: 1, max: 1e6 })))
  .map(([seq, part]) => (part === null ? `${seq}` : `${seq}.${part}`));

fuzz(test, {
  'a cursor of a feed comes back as it was, to its user alone': fc.property(
    user,
    user,
    feedCursor,
    (one, two, given) => {
      const text = encodeFeedCursor(one, given);
      if (encodeFeedCursor(one, decodeFeedCursor(one, text)) !== text) throw new Error('it is another');
      const foreign = outcome(() => decodeFeedCursor(two, text));
      // a hash of 32 bits tells a mix-up; it protects nothing
      if ('refused' in foreign && foreign.refused.code !== 'bad_cursor') throw foreign.refused;
    },
  ),
  'text that is nearly a cursor of a feed': fc.property(
    user,
    fc.oneof(longText(10_000), mutatedText(fc.tuple(user, feedCursor).map((of) => encodeFeedCursor(...of)))),
    (name, text) => {
      const read = outcome(() => decodeFeedCursor(name, text));
      if ('refused' in read && read.refused.code !== 'bad_cursor') throw read.refused;
      if (!('accepted' in read)) return;
      const { own, ownerless = own } = read.accepted;
      for (const { position } of [own, ownerless])
        if (!Number.isSafeInteger(position) || position < 0) throw new Error(`the position ${position} was accepted`);
      if (encodeFeedCursor(name, read.accepted) !== text) throw new Error('two texts are one cursor');
    },
  ),
  'text that is nearly an id of a message': fc.property(fc.oneof(longText(10_000), mutatedText(id)), (text) => {
    const read = outcome(() => requestCursor(text));
    if ('refused' in read && read.refused.code !== 'bad_cursor') throw read.refused;
    if (!('accepted' in read)) return;
    const { seq, parts } = read.accepted;
    if (!Number.isSafeInteger(seq) || seq < 0 || !Number.isSafeInteger(parts) || parts < 0)
      throw new Error(`${text} became ${seq}, ${parts}`);
    const again = parseCursor(parts === 0 ? `${seq}` : `${seq + 1}.${parts}`);
    if (again?.seq !== seq || again.parts !== parts) throw new Error(`${text} does not come back`);
  }),
});
