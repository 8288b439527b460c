import { connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  /** how many connections it has cut */
  readonly cuts: number;
  /** The next thing that a gateway says to anybody is lost, and their connection with it. */
  cutAtNextByte(): void;
  close(): Promise<void>;
}

/** Between a client and a gateway: cuts each connection after so many bytes for the client, in the middle of whatever that is. */
export async function cuttingProxy(gatewayUrl: string, bytesUntilCut: () => number): Promise<CuttingProxy> {
  const { port, hostname } = new URL(gatewayUrl);
  const open = new Set<Socket>();
  let cuts = 0;
  let atNextByte = false;
  const server = createServer((client) => {
    const gateway = connect(Number(port), hostname);
    let left = bytesUntilCut();
    for (const socket of [client, gateway]) {
      open.add(socket);
      // the other end is gone: that is what this is for
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        gateway.destroy();
      });
    }
    client.on('data', (chunk) => gateway.write(chunk));
    gateway.on('data', (chunk) => {
      if (atNextByte) left = 0;
      atNextByte = false;
      client.write(chunk.subarray(0, Math.max(0, left)));
      left -= chunk.length;
      if (left > 0) return;
      cuts += 1;
      client.end(() => client.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    get cuts() {
      return cuts;
    },
    cutAtNextByte() {
      atNextByte = true;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
