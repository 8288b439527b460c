import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, Keeper, startChild } from '@stepwire/local';
import { temporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

export interface NginxForTest {
  readonly url: string;
  /** a line per request that has ended: method, path, status */
  requests(): string[];
  close(): Promise<void>;
}

/** what it keeps in files of its own, which else are the distribution's */
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/**
 * A real nginx with its own defaults, buffering among them, in one process of our user on a free port.
 * @param http what stands in its `http` block, with `listen 80;` for that port
 * @throws Error when nginx is missing or refuses it; with its words
 */
export async function withNginx(http: string): Promise<NginxForTest> {
  const folder = temporaryFolder();
  const [port = 0] = await freePorts(1);
  const [conf, errors, access] = ['nginx.conf', 'error.log', 'access.log'].map((name) => join(folder.path, name));
  const text = [
    'daemon off; master_process off;',
    `pid ${join(folder.path, 'pid')};`,
    'events {}',
    `http { log_format short '$request_method $request_uri $status'; access_log ${access} short;`,
    ...temporary.map((what) => `${what}_temp_path ${join(folder.path, what)};`),
    `${http.replace('listen 80;', `listen 127.0.0.1:${port};`)} }`,
  ].join('\n');
  writeFileSync(conf ?? '', text);
  const nginx = await startChild({
    command: '/usr/sbin/nginx',
    args: ['-p', folder.path, '-c', conf ?? '', '-e', errors ?? ''],
    env: {},
    output: join(folder.path, 'output'),
    stopSignal: 'TERM',
    orphanSignal: 'KILL',
    graceMs: 2_000,
    keeper: new Keeper(),
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(
    async () => {
      if (!nginx.alive()) throw new Error(readFileSync(join(folder.path, 'output'), 'utf8'));
      return (await fetch(url)).status > 0;
    },
    { what: `nginx at ${url}` },
  );
  return {
    url,
    requests: () =>
      readFileSync(access ?? '', 'utf8')
        .split('\n')
        .filter(Boolean),
    async close() {
      await nginx.stop();
      folder.remove();
    },
  };
}
