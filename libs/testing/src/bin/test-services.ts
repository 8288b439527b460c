import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Keeper, startPrivateBroker, startPrivatePostgres } from '@stepwire/local';
import { temporaryFolder } from '../temporary-folder.ts';
import type { TestBroker, TestPostgres } from '../test-services.ts';

/**
 * One broker and one Postgres for a whole jest run, each started when first asked for: a run of unit tests needs
 * neither. Prints its address; ends, with all it started, when its stdin does.
 */
const { path: root, remove } = temporaryFolder();
const keeper = new Keeper();
keeper.removeAtEnd(root);

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};
const stops: (() => Promise<void>)[] = [];

const broker = once(async (): Promise<TestBroker> => {
  const dataDir = join(root, 'broker');
  mkdirSync(dataDir);
  const started = await startPrivateBroker({ dataDir, management: true, orphanSignal: 'KILL', keeper });
  // killed, not stopped: its data are thrown away
  stops.push(started.kill);
  return { url: started.url, managementUrl: started.managementUrl ?? '' };
});

const postgres = once(async (): Promise<TestPostgres> => {
  const dataDir = join(root, 'postgres');
  const started = await startPrivatePostgres({ dataDir, fsync: false, keeper });
  stops.push(started.stop);
  return { url: started.url };
});

const starters: Record<string, () => Promise<object>> = { '/broker': broker, '/postgres': postgres };
const server = createServer((request, response) => {
  const start = starters[request.url ?? ''];
  if (start === undefined) {
    response.writeHead(404).end();
    return;
  }
  start().then(
    (made) => response.end(JSON.stringify(made)),
    (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
  );
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});

const end = async () => {
  server.close();
  server.closeAllConnections();
  // What is only being started is ended by the keeper.
  await Promise.all(stops.map((stop) => stop()));
  remove();
  process.exit(0);
};
process.stdin.on('end', end).resume();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
