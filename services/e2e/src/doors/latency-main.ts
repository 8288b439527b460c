import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installDebianPackages, Keeper, startPrivateBroker } from '@stepwire/local';
import { declareTopology } from '@stepwire/messaging';
import { exchanges } from '@stepwire/protocol';
import { openBrowser, startStack, waitFor } from '@stepwire/testing';
import { connect } from 'amqplib';
import { percentiles } from '../bench/statistics.ts';

/**
 * `npm run bench:event-source`: ms from just before publishing to the callback of a browser's `EventSource`, on one wall
 * clock, on PGlite. A figure, no test.
 */
const WARM_UP = 50;
const EVENTS = 500;
const PAUSE_MS = 10;
const now = (): number => performance.timeOrigin + performance.now();
const say = (line: string) => process.stdout.write(`${line}\n`);

await installDebianPackages(['rabbitmq-server', 'chromium'], say);
const dataDir = mkdtempSync(join(tmpdir(), 'stepwire-latency-'));
const keeper = new Keeper();
keeper.removeAtEnd(dataDir);
const broker = await startPrivateBroker({ dataDir: join(dataDir, 'broker'), orphanSignal: 'KILL', keeper });
await declareTopology(broker.url);
const stack = await startStack({ broker, database: { dataDir } });
const browser = await openBrowser();
const connection = await connect(broker.url, { noDelay: true });
try {
  const channel = await connection.createConfirmChannel();
  const requestId = randomUUID();
  const publish = () => {
    const body = { type: 'acme.tick', requestId, agent: 'acme', data: { at: now() } };
    channel.publish(exchanges.agentEvents, body.type, Buffer.from(JSON.stringify(body)), { persistent: true });
  };
  publish();
  await channel.waitForConfirms();
  const path = `/api/requests/${requestId}/events`;
  await waitFor(async () => (await fetch(`${stack.url}${path}`)).ok);
  const page = await browser.newPage();
  // a page of that origin with nothing on it
  await page.goto(`${stack.url}/health`);
  const latencies: number[] = [];
  await page.exposeFunction('report', (ms: number) => void latencies.push(ms));
  await page.evaluate(`new Promise((opened) => {
    const source = new EventSource(${JSON.stringify(path)});
    source.onopen = opened;
    source.onmessage = ({ data }) => {
      const at = performance.timeOrigin + performance.now();
      report(at - JSON.parse(data).data.at);
    };
  })`);
  for (let nth = 1; nth < WARM_UP + EVENTS; nth += 1) {
    publish();
    await delay(PAUSE_MS);
  }
  await channel.waitForConfirms();
  await waitFor(() => latencies.length === WARM_UP + EVENTS, { what: 'all events', timeoutMs: 30_000 });
  const [p50 = 0, p99 = 0, most = 0] = percentiles(latencies.slice(WARM_UP), [50, 99, 100]);
  say(
    `publish → EventSource, ${EVENTS} events: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, most ${most.toFixed(1)} ms`,
  );
} finally {
  await connection.close();
  await browser.close();
  await stack.stop();
  await broker.stop();
}
