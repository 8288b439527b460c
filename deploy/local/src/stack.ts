import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Say } from './debian.ts';
import type { FoundBroker } from './find-broker.ts';
import type { Keeper } from './keeper.ts';
import { type Service, startService } from './service.ts';
import { mainOf, serviceNames } from './service-programs.ts';
import { waitUntil } from './wait.ts';

export interface StackOptions {
  readonly broker: FoundBroker;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly keeper: Keeper;
  readonly say: Say;
  readonly signal: AbortSignal;
}

export interface Stack {
  readonly address: string;
  stop(): Promise<void>;
}

/** Deaths of one service while the stack starts, after which it is not going to work. */
const maxDeathsAtStart = 3;
const readyTimeoutMs = 90_000;

/**
 * Starts the services and waits until `GET /ready` says so.
 * @throws Error when they do not become ready; all are stopped then
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { broker, dataDir, host, port, keeper, say, signal } = options;
  const logs = join(dataDir, 'logs');
  mkdirSync(logs, { recursive: true });
  const env = { ...process.env, AMQP_URL: broker.url, DATA_DIR: dataDir, HOST: host, PORT: String(port) };
  const address = `http://${shownHost(host)}:${port}`;
  let ready = false;
  const showWarnings = () => ready;
  const services: Service[] = await Promise.all(
    serviceNames.map((name) =>
      startService({ name, file: mainOf(name), env, logFile: join(logs, `${name}.log`), keeper, say, showWarnings }),
    ),
  );
  const stop = async () => {
    // the gateway first: it lets go of its clients while there is still somebody to answer them
    const [last, ...others] = [...services].reverse();
    await last?.stop();
    await Promise.all(others.map((service) => service.stop()));
  };

  let missing = 'the gateway does not answer';
  try {
    await waitUntil(
      async () => {
        const dying = services.find((service) => service.deaths() >= maxDeathsAtStart);
        if (dying !== undefined) throw new Error(`${dying.name} ends again and again; see ${dying.logFile}`);
        if (signal.aborted) return true;
        missing = await whatIsMissing(host, port);
        return missing === '';
      },
      readyTimeoutMs,
      () => `Not ready after ${readyTimeoutMs / 1000} s: ${missing}. The logs are in ${logs}`,
      100,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  ready = true;
  return { address, stop };
}

/** @returns '' when ready, else what `/ready` answers */
async function whatIsMissing(host: string, port: number): Promise<string> {
  try {
    const response = await fetch(`http://${connectHost(host)}:${port}/ready`, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? '' : await response.text();
  } catch {
    return 'the gateway does not answer';
  }
}

const wildcard = (host: string) => host === '0.0.0.0' || host === '::';
const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host);
const connectHost = (host: string) => (wildcard(host) ? '127.0.0.1' : bracketed(host));
const shownHost = (host: string) =>
  wildcard(host) || host === '127.0.0.1' || host === '::1' ? 'localhost' : bracketed(host);
