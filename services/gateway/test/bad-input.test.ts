import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/**
 * The table of bad input: what somebody may send, what it is told, and where that is tested on the real stack. Each of those
 * tests also holds that nothing was changed and that the next good request is served.
 */
const WHO = 'bad-input-who.integration.test.ts';
const COMMANDS = 'bad-input-commands.integration.test.ts';
const CURSORS = 'bad-input-cursors.integration.test.ts';
const WIRE = 'bad-input-wire.integration.test.ts';
const SOCKETS = 'websocket.integration.test.ts';
const SLOW = 'slow-consumers.integration.test.ts';
const DOORS = 'doors.integration.test.ts';
const SIGN_IN = 'sign-in.integration.test.ts';

/** what · what it is told · the file · its test */
const table: readonly (readonly [what: string, told: string, file: string, test: string])[] = [
  ['no token', 'unauthorized: 401, 4401', WHO, 'no token'],
  ['expired token', 'auth_expired: 401, 4401', WHO, 'an expired token'],
  ['alg: none token', 'unauthorized: 401, 4401', WHO, 'a token of alg none'],
  ['foreign origin, REST and SSE', 'origin_refused: 403', WHO, 'a foreign origin'],
  ['foreign origin, polling and upgrades', 'origin_refused: 403', WHO, 'on polling and on upgrades'],
  ['another user’s request', 'not_found, as for none: 404, 4404', WHO, 'another user’s request'],
  ['another user’s request, joined', 'state unknown, and silence', SIGN_IN, 'a stranger gets the answer'],
  ['ticket on another path', 'unauthorized: 401, 4401', WHO, 'on another path'],
  ['ticket after its token expired', 'auth_expired: 401, 4401', WHO, 'after its token expired'],
  ['connection n+1', 'too_many_connections: 429, 1013', WHO, 'connection n+1'],
  ['a socket that never sends its auth frame', 'unauthorized: 4401', WHO, 'a socket that never sends its auth frame'],
  ['payload over the limit', 'too_large: 413, 1009', COMMANDS, 'over the limit'],
  ['JSON too deep', 'too_deep: 400, 4400', COMMANDS, 'too deep'],
  ['__proto__ keys', 'bad_request: 400, 4400', COMMANDS, 'with a member __proto__'],
  ['lone surrogates and NUL in ids', 'bad_request: 400', COMMANDS, 'with a lone surrogate in its id'],
  ['lone surrogates and NUL in text', 'kept as they are', COMMANDS, 'NUL and lone surrogates in its text are text'],
  ['attachments announced and not sent', 'nothing, then the end', COMMANDS, 'that are announced and not sent'],
  ['attachments where JSON belongs', 'bad_request', COMMANDS, 'that are sent where JSON belongs'],
  ['flood of commands', 'rate_limited: ack, 1013', COMMANDS, 'a flood of commands'],
  ['flood of commands over HTTP', 'rate_limited: 429', 'rest.integration.test.ts', 'commands over one connection'],
  ['cursor negative', 'bad_cursor: 400, 4400', CURSORS, 'a negative cursor'],
  ['cursor huge', 'bad_cursor: 400, 4400', CURSORS, 'a huge cursor'],
  ['cursor not a number', 'bad_cursor: 400, 4400', CURSORS, 'a cursor that is not a number'],
  ['cursor from the future', 'cursor_gone: 410, 4410, reset', CURSORS, 'a cursor from the future'],
  ['cursor of a pruned request', 'not_found; cursor_gone of a feed', CURSORS, 'a cursor of a pruned request'],
  ['Last-Event-ID with CR or LF', '400', CURSORS, 'Last-Event-ID with CR or LF'],
  ['cancel of a finished request', 'already_finished: 409', COMMANDS, 'cancel of a finished request'],
  ['answer to an unknown question', 'not_found: 404', COMMANDS, "['unknown', 'a', 404, 'not_found']"],
  ['answer to a foreign question', 'not_found: 404', COMMANDS, "['foreign', 'a', 404, 'not_found']"],
  ['answer to an answered question', 'already_answered: 409', COMMANDS, "['answered', 'b', 409, 'already_answered']"],
  ['answer to an expired question', 'expired: 409', COMMANDS, "['expired', 'b', 409, 'expired']"],
  ['answer outside the choices', 'bad_request: 400', COMMANDS, "['open', 'c', 400, 'bad_request']"],
  ['the same start with another body', 'conflict: 409', COMMANDS, 'the same start with another body'],
  ['image bombs', 'image_not_supported: 415', COMMANDS, 'an image bomb'],
  ['multipart bombs', 'bad_request: 400, too_large: 413', COMMANDS, 'multipart of %s'],
  ['\\n\\ndata: in a payload', 'data of its own message', COMMANDS, 'data: in a payload'],
  ['HTML and terminal escapes', 'data; nosniff', COMMANDS, 'HTML and terminal escapes in every text field'],
  ['… in a terminal', 'shown as text', '../../../deploy/local/test/ask-visible.test.ts', 'a title for the window'],
  ['a socket that never reads, Socket.IO', 'slow_consumer: cut off', DOORS, 'is not cut off for a snapshot'],
  ['a socket that never reads, SSE', 'slow_consumer: cut off', SLOW, 'an SSE stream that is not read'],
  ['a socket that never reads, WebSocket', 'slow_consumer: cut off', SLOW, 'a WebSocket that is not read'],
  ['slow headers', '408', WIRE, 'slow headers'],
  ['targets that are no address', '400, 404', WIRE, 'which is no address'],
  ['invalid UTF-8 and reserved bits in frames', '1007, 1002', SOCKETS, 'invalid UTF-8, reserved bits'],
  ['routing key that disagrees with the body', 'dead letter: routing_key', WIRE, 'a routing key that disagrees'],
  ['events that cannot be read', 'dead letter: bad_request, too_large …', WIRE, 'an event: %s'],
  ['10 MB headers on AMQP', 'the broker closes: FRAME_ERROR', WIRE, 'headers of 10 MB'],
];

test.each(table)('%s: %s', (_what, _told, file, name) => {
  expect(readFileSync(new URL(file, import.meta.url), 'utf8')).toContain(name);
});
