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

/** of each connection's backlog, what is snapshots: they may be as large as they are */
const allowed = new WeakMap<Socket['conn'], number>();

/** What `send` adds to the backlog of this connection is not held against it. */
export function allowing({ conn }: Socket, send: () => void): void {
  const before = backlogBytes(conn);
  send();
  const added = backlogBytes(conn) - before;
  if (added > 0) allowed.set(conn, (allowed.get(conn) ?? 0) + added);
}

/** The backlog beyond snapshots. These drain first, so an allowance is used up where less than it is left. */
export function overdueBytes(conn: Socket['conn']): number {
  const backlog = backlogBytes(conn);
  const allowance = Math.min(allowed.get(conn) ?? 0, backlog);
  allowed.set(conn, allowance);
  return backlog - allowance;
}
