import { parseArgs } from 'node:util';
import { FULL_MINUTES } from './experiment.ts';
import { experiments } from './experiments.ts';
import { isPlant, type PlantName, plants } from './plants.ts';

export interface Options {
  readonly seed: number;
  /** how long the storm goes on; the other experiments are as large in proportion */
  readonly minutes: number;
  /** names of experiments; empty: all */
  readonly only: readonly string[];
  /** defects, each put into a copy of the services of its own, that a run must catch; empty: the services as they are */
  readonly plants: readonly PlantName[];
}

export const usage = `npm run test:chaos -- [options]

  --seed N        decides which faults come when (1)
  --minutes M     how long the storm goes on, parts of a minute are fine (2); the other experiments
                  are as large in proportion, at ${FULL_MINUTES} they have their full size
  --only A,B      of the experiments, these:
${experiments.map(({ name, about }) => `                  ${name.padEnd(22)}${about}`).join('\n')}
  --plant A,B     runs services with a defect, one after the other, or all of them; each must be caught by the
                  experiments that know it:
${Object.entries(plants)
  .map(([name, { about, caughtBy }]) => `                  ${name.padEnd(22)}${about} (${caughtBy.join(', ')})`)
  .join('\n')}
`;

/** @throws Error with words for a person */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { seed: text, minutes: text, only: text, plant: text } });
  const seed = Number(values.seed ?? 1);
  const minutes = Number(values.minutes ?? 2);
  const wanted = values.plant === 'all' ? Object.keys(plants) : (values.plant?.split(',') ?? []);
  const names = wanted.filter(isPlant);
  if (!Number.isSafeInteger(seed)) throw new Error('--seed must be a whole number');
  if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');
  if (names.length < wanted.length) throw new Error(`--plant must be all or of ${Object.keys(plants).join(', ')}`);
  const only = values.only?.split(',') ?? [];
  const unknown = only.find((name) => !experiments.some((experiment) => experiment.name === name));
  if (unknown !== undefined)
    throw new Error(`--only: there is no ${unknown}, only ${experiments.map(({ name }) => name).join(', ')}`);
  return { seed, minutes, only, plants: names };
}
