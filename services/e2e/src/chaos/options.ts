import { parseArgs } from 'node:util';
import { isPlant, type PlantName, plants } from './plants.ts';

export interface Options {
  readonly seed: number;
  /** how long faults go on */
  readonly minutes: number;
  /** a defect that is put into a copy of the services, and that the run must catch */
  readonly plant: PlantName | undefined;
}

export const usage = `npm run test:chaos -- [options]

  --seed N        decides which faults come when (1)
  --minutes M     how long they go on; parts of a minute are fine (2)
  --plant NAME    runs services with a defect, which must then be caught:
${Object.entries(plants)
  .map(([name, { about }]) => `                  ${name.padEnd(22)}${about}`)
  .join('\n')}
`;

/** @throws Error with words for a person */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { seed: text, minutes: text, plant: text } });
  const seed = Number(values.seed ?? 1);
  const minutes = Number(values.minutes ?? 2);
  const { plant } = values;
  if (!Number.isSafeInteger(seed)) throw new Error('--seed must be a whole number');
  if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');
  if (plant !== undefined && !isPlant(plant))
    throw new Error(`--plant must be one of ${Object.keys(plants).join(', ')}`);
  return { seed, minutes, plant };
}
