import { test } from '@jest/globals';
import type { Delivery } from '@stepwire/messaging';
import {
  DEAD_REASON_HEADER,
  limits,
  type ParsedEvent,
  parseEvent,
  RESERVED_ID_PREFIX,
  utf8Bytes,
} from '@stepwire/protocol';
import { fuzz, longText, mutatedJson, mutatedText, mutatedValue, outcome, validEvents } from '@stepwire/testing';
import fc from 'fast-check';
import { deadLetter, letterOf } from '../../src/dead-letter.ts';

/** Bodies and headers of `agent.events`: anybody with a broker user writes them. */
const now = Date.parse('2026-01-02T03:04:05.678Z');
const id = (text: string): boolean => utf8Bytes(text) <= limits.idBytes && text.isWellFormed() && !text.includes('\0');

function check(event: ParsedEvent): void {
  if (!id(event.id) || event.id.startsWith(RESERVED_ID_PREFIX)) throw new Error('a wrong id was taken');
  if (!id(event.requestId) || event.requestId === '') throw new Error('a wrong requestId was taken');
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(event.timestamp)) throw new Error('a wrong timestamp was taken');
  const { id: given, ...nameless } = event;
  const again = parseEvent(JSON.stringify(given === '' ? nameless : event), { now });
  // as the coordinator stores it, and as it goes out
  if (JSON.stringify(again) !== JSON.stringify(event)) throw new Error('it is another when it is read again');
}

const taken = (body: Buffer | string, messageId?: string): void => {
  const read = outcome(() => parseEvent(body, { now, messageId }));
  if ('accepted' in read) check(read.accepted);
};

const header = fc.oneof(
  mutatedValue(['x', 1, true, { a: 1 }]),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 2000 }),
);
const headerName = fc.oneof(
  fc.constantFrom(DEAD_REASON_HEADER, 'x-first-death-exchange', 'x-first-death-reason', '__proto__', 'userId', 'x-a'),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const text = (valid: string) => mutatedText(fc.constant(valid));

fuzz(test, {
  'a body that is nearly an event': fc.property(
    mutatedJson(validEvents),
    fc.option(text('m-1'), { nil: undefined }),
    (body, messageId) => taken(body, messageId),
  ),
  'bytes that are nearly an event': fc.property(
    fc.constantFrom(...validEvents),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 5 }),
    (event, changes) => {
      const body = Buffer.from(JSON.stringify(event));
      for (const [at, byte] of changes) body[at % body.length] = byte;
      taken(body);
    },
  ),
  'long and dull bodies': fc.property(longText(limits.eventBytes), fc.boolean(), (dull, quoted) =>
    taken(quoted ? JSON.stringify({ ...Object(validEvents[0]), data: { text: dull } }) : dull),
  ),
  'whatever is in a message, it can be put away': fc.property(
    fc.uint8Array({ maxLength: 300 }),
    fc.dictionary(headerName, header, { maxKeys: 40 }),
    text('agent.progress'),
    fc.option(text('m-1'), { nil: undefined }),
    fc.string({ unit: 'binary', maxLength: 1000 }),
    (bytes, headers, routingKey, messageId, reason) => {
      const delivery = deliveryOf({ body: Buffer.from(bytes), headers, routingKey, messageId });
      const read = outcome(() => {
        const letter = deadLetter(delivery, reason);
        const kept = Object.entries(letter.headers ?? {}).join().length;
        // far less than the 64 KiB that amqplib can encode
        if (kept > 16_384) throw new Error(`${kept} characters of headers`);
        const stored = letterOf({ ...delivery, headers: letter.headers ?? {} });
        JSON.parse(stored.properties);
        return stored;
      });
      if ('refused' in read) throw new Error('it was refused');
      if (read.accepted.exchange !== 'agent.events') throw new Error('it would go out as a command');
    },
  ),
});

const never = (): boolean => false;
function deliveryOf(of: Pick<Delivery, 'body' | 'headers' | 'routingKey' | 'messageId'>): Delivery {
  return {
    ...of,
    exchange: 'agent.events',
    appId: undefined,
    userId: undefined,
    correlationId: undefined,
    replyTo: undefined,
    redelivered: false,
    ack: never,
    nack: never,
    reject: never,
  };
}
