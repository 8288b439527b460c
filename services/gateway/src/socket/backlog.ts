import type { Socket } from 'socket.io';

/** What was sent to a connection and is still here: packets that wait in Engine.IO, and bytes that wait in its WebSocket. */
export function backlogBytes(conn: Socket['conn']): number {
  // Engine.IO keeps both to itself in its types: `writeBuffer`, and the `ws` socket of its WebSocket transport
  const packets: unknown = Reflect.get(conn, 'writeBuffer');
  const socket: unknown = Reflect.get(conn.transport, 'socket');
  const inSocket: unknown = typeof socket === 'object' && socket !== null ? Reflect.get(socket, 'bufferedAmount') : 0;
  let bytes = Number(inSocket ?? 0);
  if (Array.isArray(packets)) for (const { data } of packets) bytes += data?.length ?? 0;
  return bytes;
}
