import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import type { Random } from '../../random.ts';

/** How far somebody gets before they are gone without a word. */
const stages = ['connected', 'half a handshake', 'handshake', 'namespace', 'join', 'joined'] as const;
/** A session of long polling whose client is gone: it ends when a ping is not answered, after 25 and 20 s. */
const POLLED = 'one poll';
export type Stage = (typeof stages)[number] | typeof POLLED;

/** a gateway that is busy may answer late; then they go as they are (ms) */
const PATIENCE_MS = 5_000;

/** Comes, joins some requests, and says goodbye, by WebSocket or by polling. */
export async function politeVisit(url: string, ids: readonly string[], random: Random): Promise<void> {
  const [atHandshake] = ids;
  const transports = [random.chance(0.8) ? 'websocket' : 'polling'];
  const socket = io(url, {
    transports,
    forceNew: true,
    reconnection: false,
    query: atHandshake === undefined || random.chance(0.5) ? {} : { requestId: atHandshake },
  });
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
      socket.on('connect', resolve).on('connect_error', () => resolve());
    });
    const joins = ids.map((requestId) => socket.timeout(PATIENCE_MS).emitWithAck('rejoin', { requestId }));
    // half of them go in the middle of it
    if (random.chance(0.5)) await Promise.allSettled(joins);
    else for (const join of joins) join.catch(() => undefined);
    if (random.chance(0.3)) socket.emit('leave', { requestId: atHandshake });
  } finally {
    socket.disconnect();
  }
}

/** Comes by a bare TCP connection and drops it, wherever it is. @param slow also so that it takes 45 s to be noticed */
export async function rudeVisit(url: string, ids: readonly string[], random: Random, slow: boolean): Promise<Stage> {
  const stage = random.pick<Stage>(slow ? [...stages, POLLED] : stages);
  if (stage === POLLED) {
    await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
    return stage;
  }
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  // whoever breaks a connection is told that it is broken
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect');
    if (stage === 'connected') return stage;
    const head = `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\n`;
    socket.write(head);
    if (stage === 'half a handshake') return stage;
    socket.write(
      'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await heard(socket);
    if (stage === 'handshake') return stage;
    socket.write(frame('40'));
    await heard(socket);
    if (stage === 'namespace') return stage;
    for (const requestId of ids) socket.write(frame(`42["rejoin",${JSON.stringify({ requestId })}]`));
    if (stage === 'joined') await heard(socket);
    // an event loop later some of it is under way
    else if (random.chance(0.5)) await delay(random.between(0, 5));
    return stage;
  } finally {
    socket.destroy();
  }
}

const heard = (socket: TcpSocket): Promise<unknown> =>
  Promise.race([once(socket, 'data'), once(socket, 'close'), delay(PATIENCE_MS, undefined, { ref: false })]);

/** A masked text frame (RFC 6455 §5.2) of up to 65,535 bytes; a mask of zeros leaves the bytes as they are. */
function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const length = body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), body]);
}
