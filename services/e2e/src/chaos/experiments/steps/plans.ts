import { type PoisonKind, poisonKinds } from '../../agent/poison.ts';
import type { Random } from '../../random.ts';

/** What is to come of a step. */
export type Fate = 'completed' | 'failed' | 'any';
export interface DrawnStep {
  readonly id: string;
  readonly order: number;
  readonly title: string;
  readonly action: 'echo' | 'poison';
  readonly input: { readonly ms: number } | { readonly kind: PoisonKind };
  readonly dependsOn: readonly string[];
  readonly optional?: boolean;
  readonly maxAttempts?: number;
}
export interface DrawnPlan {
  /**
   * - `harmless`: all but its poison completes, and so does the request
   * - `fatal`: its poison is not optional, so the request fails
   * - `hangs`: a step never returns; cancelled when all others have ended
   * - `kills`: a step kills its executor whenever it runs, until it has lost as many leases as it may
   */
  readonly kind: 'harmless' | 'fatal' | 'hangs' | 'kills';
  readonly steps: readonly DrawnStep[];
}

const POISON_SHARE = 0.01;
const STEPS = [30, 250] as const;
/** beside those who kill or hang: steps long enough to be hit (ms) */
const COMPANIONS = 12;
const COMPANION_MS = 300;
export const SLEEPERS = 6;
/** less than a lease of the rig */
export const SLEEP_MS = 4_000;

/** not a failure of the step */
const harmlessPoison: ReadonlySet<PoisonKind> = new Set(['returns a function', 'returns 4 MB']);
const failing = poisonKinds.filter((kind) => kind !== 'never returns' && kind !== 'kills its process');

export const fateOf = ({ input }: DrawnStep): Fate => {
  if (!('kind' in input)) return 'completed';
  if (input.kind === 'never returns') return 'any';
  return harmlessPoison.has(input.kind) ? 'completed' : 'failed';
};

/** Side by side, in chains, or as it comes; @param most steps */
export function harmlessPlan(random: Random, most: number): DrawnPlan {
  const length = Math.max(2, Math.min(most, random.between(...STEPS)));
  const chains = random.pick([1, 4, 16, length]);
  const free = random.chance(0.3);
  const steps = Array.from({ length }, (_, i): DrawnStep => {
    const before = free ? random.between(0, i) : i - chains;
    const dependsOn = before >= 0 && before < i ? [idOf(before)] : [];
    return random.chance(POISON_SHARE)
      ? poisoned(i, random.pick(failing), dependsOn)
      : innocent(i, pauseMs(random), dependsOn);
  });
  return { kind: 'harmless', steps };
}

/** Steps that last from before a freeze until after it, in their next attempts: then the frozen one reports its own. */
export const sleepingPlan = (): DrawnPlan => ({
  kind: 'harmless',
  steps: Array.from({ length: SLEEPERS }, (_, i) => innocent(i, SLEEP_MS, [])),
});

/** Its own steps only are harmed: those that depend on it never run. */
export const fatalPlan = (random: Random): DrawnPlan => {
  const { optional: _, ...poison } = poisoned(0, random.pick(failing.filter((kind) => !harmlessPoison.has(kind))), []);
  return { kind: 'fatal', steps: [poison, innocent(1, 0, [poison.id]), innocent(2, 0, [poison.id])] };
};

/** Every kind of poison once, with innocents beside and behind it. */
export const poisonousPlan = (): DrawnPlan => ({
  kind: 'harmless',
  steps: failing.flatMap((kind, i) => {
    const poison = poisoned(2 * i, kind, []);
    return [poison, innocent(2 * i + 1, 0, [poison.id])];
  }),
});

export const hangingPlan = (): DrawnPlan => ({ kind: 'hangs', steps: withCompanions('never returns') });
export const killingPlan = (): DrawnPlan => ({ kind: 'kills', steps: withCompanions('kills its process') });

const withCompanions = (kind: PoisonKind): DrawnStep[] => [
  poisoned(0, kind, []),
  ...Array.from({ length: COMPANIONS }, (_, i) => innocent(i + 1, COMPANION_MS, [])),
];

const idOf = (index: number): string => `s${index + 1}`;

const innocent = (index: number, ms: number, dependsOn: readonly string[]): DrawnStep => ({
  id: idOf(index),
  order: index + 1,
  title: '-',
  action: 'echo',
  input: { ms },
  dependsOn,
});

const poisoned = (index: number, kind: PoisonKind, dependsOn: readonly string[]): DrawnStep => ({
  id: idOf(index),
  order: index + 1,
  title: '-',
  action: 'poison',
  input: { kind },
  dependsOn,
  optional: true,
  maxAttempts: 2,
});

function pauseMs(random: Random): number {
  const kind = random.next();
  return kind < 0.8 ? 0 : kind < 0.95 ? random.between(1, 50) : random.between(200, 800);
}
