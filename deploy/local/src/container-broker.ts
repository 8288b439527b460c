import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startChild } from './child.ts';
import type { Keeper } from './keeper.ts';
import { speaksAmqp } from './ports.ts';
import { waitUntil } from './wait.ts';

const image = 'rabbitmq:4-management';
/** name and password; the port is published on 127.0.0.1 only */
const user = 'stepwire';

export interface ContainerBroker {
  readonly url: string;
  readonly ended: () => Promise<string>;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** The command of a container engine that runs, if there is one. */
export function findContainerEngine(): string | undefined {
  return ['docker', 'podman'].find((engine) => {
    try {
      execFileSync(engine, ['info'], { stdio: 'ignore', timeout: 10_000 });
      return true;
    } catch {
      // not there, or its daemon does not answer: not this one
      return false;
    }
  });
}

/** @throws Error when the image can't be had or the broker does not answer */
export async function startContainerBroker(options: {
  readonly engine: string;
  /** the broker's log goes to `container.out` in here */
  readonly dataDir: string;
  /** published on 127.0.0.1 */
  readonly port: number;
  /** of container and volume */
  readonly name: string;
  readonly keeper: Keeper;
}): Promise<ContainerBroker> {
  const { engine, dataDir, port, name, keeper } = options;
  const logFile = join(dataDir, 'container.out');
  const remove = () => promisify(execFile)(engine, ['rm', '--force', name]).catch(() => undefined);
  keeper.runAtEnd(`${engine} rm --force ${name}`);
  const run = async () => {
    // One of this name is left from a stack that was killed together with its keeper: the data folder is locked.
    await remove();
    return startChild({
      command: engine,
      // the data belong to the node's name, which is the host's
      args: [
        ...['run', '--rm', '--name', name, '--hostname', 'stepwire', '--volume', `${name}:/var/lib/rabbitmq`],
        // the image's guest may come only from inside the container
        ...['--env', `RABBITMQ_DEFAULT_USER=${user}`, '--env', `RABBITMQ_DEFAULT_PASS=${user}`],
        ...['--publish', `127.0.0.1:${port}:5672`, image],
      ],
      env: process.env,
      output: logFile,
      stopSignal: 'TERM',
      graceMs: 20_000,
      keeper,
    });
  };
  // The engine's stop, not a signal to its client: that one forwards it only to programs that handle it as process 1.
  const stop = async () => {
    await promisify(execFile)(engine, ['stop', '--time', '10', name]).catch(remove);
    await child.stop();
  };
  let child = await run();
  const answering = () =>
    waitUntil(
      async () => {
        if (!child.alive()) throw new Error(`${engine} run ${image} ended with ${await child.ended}; see ${logFile}`);
        return speaksAmqp('127.0.0.1', port);
      },
      // the image may have to be fetched
      300_000,
      () => `the container ${name} does not answer; see ${logFile}`,
      200,
    );
  try {
    await answering();
  } catch (error) {
    await remove();
    await child.stop();
    throw error;
  }
  return {
    url: `amqp://${user}:${user}@127.0.0.1:${port}`,
    ended: () => child.ended,
    stop,
    async restart() {
      await stop();
      child = await run();
      await answering();
    },
  };
}
