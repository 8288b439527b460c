import { parentPort, workerData } from 'node:worker_threads';
import { now } from '../../bench/clock.ts';
import { isObject } from '../watcher.ts';
import { Follower } from './follower.ts';

/** The thread of {@link file://./crowd.ts}. */
export interface Place {
  readonly url: string;
  readonly requestId: string;
}
export interface Report {
  /** of each, in the order of their places */
  readonly joins: readonly number[];
  /** seq of the newest event; −1 before the first `state` */
  readonly last: readonly number[];
  readonly ended: readonly boolean[];
  /** ms from publishing to the callback, by the gateway's URL */
  readonly latencies: ReadonlyMap<string, readonly number[]>;
  readonly broken: readonly string[];
}

const { places, standing } = workerData as { places: readonly Place[]; standing: Int32Array };
let latencies = new Map<string, number[]>();

const followers = places.map(({ url, requestId }) => {
  const onEvent = ({ data }: Readonly<Record<string, unknown>>) => {
    if (!isObject(data) || typeof data.at !== 'number') return;
    const known = latencies.get(url);
    if (known === undefined) latencies.set(url, [now() - data.at]);
    else known.push(now() - data.at);
  };
  return new Follower({ url, requestId, onEvent });
});

function report(): Report {
  const seen = latencies;
  latencies = new Map();
  return {
    joins: followers.map(({ joins }) => joins),
    last: followers.map(({ last }) => last ?? -1),
    ended: followers.map(({ ended }) => ended),
    latencies: seen,
    broken: followers.flatMap(({ broken }) => broken),
  };
}

parentPort?.on('message', (order: 'freeze' | 'report') => {
  if (order === 'report') parentPort?.postMessage(report());
  else {
    parentPort?.postMessage('standing');
    Atomics.wait(standing, 0, 1);
  }
});
