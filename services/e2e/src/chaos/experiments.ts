import type { Experiment } from './experiment.ts';
import { cursors } from './experiments/cursors/cursors.ts';
import { storm } from './storm/storm.ts';

/** All of them, in the order in which they run. */
export const experiments: readonly Experiment[] = [cursors, storm];
