import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { errorCode } from './error-code.ts';

/** Ports nobody listens on now, all different. Somebody else may take one before we do; callers say so when they can't listen. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, host);
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    return address.port;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** @returns why we can't listen there (`EADDRINUSE`, `EACCES`, …), or undefined when we can */
export async function whyPortIsTaken(port: number, host: string): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    await once(server.close(), 'close');
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

/**
 * Whether an AMQP 0-9-1 server answers the protocol header with a frame of its own (spec §4.2.2): RabbitMQ opens its
 * listeners last, so this means that it is up.
 */
export function speaksAmqp(host: string, port: number, timeoutMs = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => settle(false));
    socket.on('connect', () => socket.write(Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1])));
    socket.on('data', (bytes) => settle(bytes[0] === 1));
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
  });
}
