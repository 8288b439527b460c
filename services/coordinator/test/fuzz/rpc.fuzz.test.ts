import { test } from '@jest/globals';
import { type Json, limits, parseRequest, utf8Bytes } from '@stepwire/protocol';
import { fuzz, longText, mutatedJson, mutatedText, outcome } from '@stepwire/testing';
import fc from 'fast-check';
import { decodeKeyset, encodeKeyset } from '../../src/keyset-cursor.ts';

/** Questions to the coordinator: agents ask them with a broker user of their own. And cursors of its lists. */
const caller = { userId: 'ada', operator: false };
const asked = { requestId: 'req-1', caller };
const of = (method: string, params: Json): Json => ({ method, params, timeoutMs: 5_000, commandId: 'c-1' });
const questions: readonly Json[] = [
  of('start', { ...asked, userQuery: 'q', context: { a: [1] } }),
  of('feedback', { ...asked, questionId: 'q', answer: { any: 'thing' } }),
  of('snapshot', { requestId: 'req-1', caller: { shareId: 's', requestId: 'req-1' }, since: 1, epoch: 'e' }),
  of('events', { ...asked, after: 0, until: 9 }),
  of('heads', { requestIds: ['a', 'b'] }),
  of('feed', { caller, userId: null, after: 0, epoch: null }),
  of('list', { caller, status: ['queued'], q: 'x', from: '2026-01-01T00:00:00Z', limit: 50, cursor: 'x' }),
  of('share', { ...asked, expiresAt: '2026-01-01T00:00:00Z' }),
  of('claim', { requestId: 'req-1', stepId: 's', attempt: 1, instance: 'i' }),
  of('heartbeat', { instance: 'i', role: 'executor', steps: [{ requestId: 'r', stepId: 's', attempt: 1 }] }),
];

/** every id, wherever it stands in the params */
function ids(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    /^(requestId|userId|questionId|stepId|shareId|instance)$/.test(key) && typeof member === 'string'
      ? [member]
      : key === 'caller' || key === 'steps' || Array.isArray(value)
        ? ids(member)
        : [],
  );
}

const mark = fc.record({
  at: fc.integer({ min: 0, max: 4e12 }).map((ms) => new Date(ms)),
  id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }).filter((id) => !id.includes('\0')),
});

fuzz(test, {
  'a body that is nearly a question': fc.property(mutatedJson(questions), (body) => {
    const read = outcome(() => parseRequest(body));
    if (!('accepted' in read)) return;
    for (const id of ids(read.accepted.params))
      if (utf8Bytes(id) > limits.idBytes || !id.isWellFormed() || id.includes('\0'))
        throw new Error(`the id ${JSON.stringify(id)} was taken`);
  }),
  'long and dull bodies': fc.property(longText(limits.eventBytes), (body) => void outcome(() => parseRequest(body))),
  'a cursor of a list comes back as it was': fc.property(mark, (given) => {
    const { at, id } = decodeKeyset(encodeKeyset(given));
    if (at.getTime() !== given.at.getTime() || id !== given.id) throw new Error('it is another');
  }),
  'text that is nearly a cursor of a list': fc.property(mutatedText(mark.map(encodeKeyset)), (text) => {
    const read = outcome(() => decodeKeyset(text));
    if ('accepted' in read && encodeKeyset(read.accepted) !== text) throw new Error('two texts are one cursor');
    if ('refused' in read && read.refused.code !== 'bad_cursor') throw read.refused;
  }),
});
