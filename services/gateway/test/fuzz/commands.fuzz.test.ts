import { test } from '@jest/globals';
import {
  type ClientCommand,
  checkJson,
  clientCommands,
  type Json,
  limits,
  parseClientCommand,
  parseClientHandshake,
  parseJson,
  utf8Bytes,
} from '@stepwire/protocol';
import { fuzz, longText, mutatedJson, mutatedText, mutatedValue, outcome } from '@stepwire/testing';
import fc from 'fast-check';
import { objectBody, parsedCommand } from '../../src/http/client-body.ts';

/** What clients say, over Socket.IO, REST and plain WebSockets. */
const commands: readonly Json[] = [
  { requestId: 'req-1', userQuery: 'q', context: { a: [1, { b: null }] }, types: ['progress'] },
  { requestId: 'req-1', reason: 'enough' },
  { requestId: 'req-1', questionId: 'q', answer: { any: ['thing'] } },
  { requestId: 'req-1', since: 7, epoch: 'e', types: ['a', 'b'] },
  { since: '1.abc.e.7', types: ['a'] },
];
const names = Object.keys(clientCommands).filter((name): name is ClientCommand => name in clientCommands);

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** What was accepted obeys the limits, whoever checked it. */
function checkAccepted(value: unknown): void {
  if (depthOf(value) > limits.jsonDepth) throw new Error('too deep, and accepted');
  const text = JSON.stringify(value);
  if (/"(?:_|\\u005f)(?:_|\\u005f)proto__":/i.test(text)) throw new Error('__proto__, and accepted');
  if (typeof value !== 'object' || value === null) return;
  for (const name of ['requestId', 'questionId', 'epoch']) {
    const id: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
    if (typeof id !== 'string') continue;
    if (name !== 'epoch' && (utf8Bytes(id) > limits.idBytes || !id.isWellFormed() || id.includes('\0')))
      throw new Error(`the id ${JSON.stringify(id)} was accepted`);
  }
}

fuzz(test, {
  'a body that is nearly a command': fc.property(fc.constantFrom(...names), mutatedJson(commands), (name, text) => {
    const read = outcome(() => parseClientCommand(name, checkJson(parseJson(text))));
    if (!('accepted' in read)) return;
    checkAccepted(read.accepted);
    if (JSON.stringify(read.accepted) !== JSON.stringify(JSON.parse(text))) throw new Error('it was changed');
  }),
  'the same over REST, where the address names the request': fc.property(
    fc.constantFrom(...names),
    mutatedValue(commands),
    mutatedText(fc.constant('req-1')),
    (name, body, requestId) => {
      const read = outcome(() => parsedCommand(name, body, requestId));
      if (!('accepted' in read)) return;
      checkAccepted(read.accepted);
      if (Reflect.get(read.accepted, 'requestId') !== requestId)
        throw new Error('another request than the address says');
    },
  ),
  'a query that is nearly a handshake': fc.property(mutatedValue(commands), (query) => {
    const read = outcome(() => parseClientHandshake(query));
    if ('accepted' in read) checkAccepted({ requestId: read.accepted.requestId });
  }),
  'long and dull text': fc.property(longText(limits.pageBytes), (text) => void outcome(() => parseJson(text))),
  'bodies of any kind': fc.property(
    fc.oneof(fc.anything(), fc.object({ withNullPrototype: true }), mutatedValue(commands)),
    (body) => {
      const read = outcome(() => objectBody(body));
      if ('accepted' in read && Object.hasOwn(read.accepted, '__proto__')) throw new Error('__proto__, and accepted');
    },
  ),
});
