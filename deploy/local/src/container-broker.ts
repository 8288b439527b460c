import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { startChild } from './child.ts';
import type { Keeper } from './keeper.ts';
import { freePorts, speaksAmqp } from './ports.ts';
import { waitUntil } from './wait.ts';

const image = 'rabbitmq:4-management';

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
  /** part of the names of container and volume */
  readonly name: string;
  readonly keeper: Keeper;
}): Promise<ContainerBroker> {
  const { engine, dataDir, name, keeper } = options;
  const [port = 0] = await freePorts(1);
  const logFile = join(dataDir, 'container.out');
  // In the foreground: its client passes our signals on, and the container is removed when it ends.
  const run = () =>
    startChild({
      command: engine,
      // the data belong to the node's name, which is the host's
      args: [
        ...['run', '--rm', '--name', name, '--hostname', 'stepwire', '--volume', `${name}:/var/lib/rabbitmq`],
        ...['--publish', `127.0.0.1:${port}:5672`, image],
      ],
      env: process.env,
      output: logFile,
      stopSignal: 'TERM',
      graceMs: 20_000,
      keeper,
    });
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
    await child.stop();
    throw error;
  }
  return {
    // guest may come only from the container's own loopback, unless the image says otherwise, which this one does
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    ended: () => child.ended,
    stop: () => child.stop(),
    async restart() {
      await child.stop();
      child = await run();
      await answering();
    },
  };
}
