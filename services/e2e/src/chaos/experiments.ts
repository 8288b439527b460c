import type { Experiment } from './experiment.ts';
import { storm } from './storm/storm.ts';

/** All of them, in the order in which they run. */
export const experiments: readonly Experiment[] = [storm];
