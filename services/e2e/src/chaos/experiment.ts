import type { Random } from './random.ts';
import type { Seen } from './request-log.ts';
import type { Rig } from './rig.ts';

/** A promise, held against what was seen. */
export interface Verdict {
  /** `P3  a cursor yields …` */
  readonly promise: string;
  readonly figures: string;
  /** empty: kept */
  readonly broken: readonly string[];
}

export interface Trial {
  /** shared with the experiments before and after; left whole: what was broken is mended, what was stopped runs */
  readonly rig: Rig;
  /** of this experiment alone: the same seed gives the same numbers, whichever other experiments run */
  readonly random: Random;
  /** what was seen of requests from beginning to end; after all experiments it is held against what is stored */
  readonly seen: Seen;
  /** how long faults that come by the clock go on */
  readonly minutes: number;
  /** of the full scale, the part that {@link minutes} are of {@link FULL_MINUTES}: `scaled(10_000)`, at least `atLeast` */
  scaled(full: number, atLeast?: number): number;
  /** a line to a person who waits */
  say(line: string): void;
}

/** One of the things that a run tries, for one promise or more. */
export interface Experiment {
  /** for `--only` */
  readonly name: string;
  readonly about: string;
  run(trial: Trial): Promise<readonly Verdict[]>;
}

/** a run of so many minutes has every experiment at its full scale */
export const FULL_MINUTES = 15;

export const count = (number: number): string => Math.round(number).toLocaleString('en');
