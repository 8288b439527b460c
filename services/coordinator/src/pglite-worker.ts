import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

/**
 * Runs Postgres in WebAssembly in this thread and serves its wire protocol on a Unix socket, so that the coordinator
 * speaks to it and to a Postgres server through the same driver.
 */
const { folder, socketPath } = workerData as { folder: string; socketPath: string };
const database = await PGlite.create(folder);
const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: 4 });
await server.start();
parentPort?.once('message', async () => {
  await server.stop();
  await database.close();
  process.exit(0);
});
parentPort?.postMessage('listening');
