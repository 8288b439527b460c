import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installDebianPackages, Keeper, startPrivateBroker } from '@stepwire/local';
import { declareTopology } from '@stepwire/messaging';
import { startStack, withNginx } from '@stepwire/testing';
import { nginxConf } from './nginx-conf.ts';
import { keepSilent } from './silence.ts';

/** `npm run test:silence -- --minutes 10`: with the periods as they are delivered. Exit code 1 where a stream did not stay. */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, is "${values.minutes}"`);
const say = (line: string) => process.stdout.write(`${line}\n`);

await installDebianPackages(['rabbitmq-server', 'nginx'], say);
const dataDir = mkdtempSync(join(tmpdir(), 'stepwire-silence-'));
const keeper = new Keeper();
keeper.removeAtEnd(dataDir);
const broker = await startPrivateBroker({ dataDir: join(dataDir, 'broker'), orphanSignal: 'KILL', keeper });
await declareTopology(broker.url);
const stack = await startStack({ broker, database: { dataDir } });
const nginx = await withNginx(nginxConf(stack.url));
try {
  say(`Nobody answers for ${minutes} min`);
  const silences = await keepSilent(broker.url, { direct: stack.url, 'through nginx': nginx.url }, minutes * 60_000);
  for (const { door, heartbeats, longestMs, fault } of silences) {
    const figures = `${heartbeats} heartbeats, at most ${(longestMs / 1000).toFixed(1)} s between two signs of life`;
    say(`${fault === undefined ? 'PASS' : 'FAIL'} ${door}: ${figures}${fault === undefined ? '' : `; ${fault}`}`);
    if (fault !== undefined) process.exitCode = 1;
  }
} finally {
  await nginx.close();
  await stack.stop();
  await broker.stop();
}
