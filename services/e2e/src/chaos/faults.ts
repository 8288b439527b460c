import type { InstanceName } from '@stepwire/testing';
import type { Random } from './random.ts';

/** What goes wrong, drawn from the seed before the run begins. */
export interface Fault {
  /** since the beginning; later where the one before it takes longer */
  readonly atMs: number;
  readonly kind: FaultKind;
  readonly target: InstanceName | 'broker' | 'postgres';
  /** how long it lasts, beside the time that a start takes */
  readonly holdMs: number;
}

const kinds = {
  kill: 'SIGKILL, and a new start',
  freeze: 'SIGSTOP, later SIGCONT',
  'close-connections': 'the broker closes all connections',
  'terminate-backends': 'pg_terminate_backend of all',
  restart: 'a polite stop, and a new start',
  'memory-alarm': 'publishers are blocked',
} as const;
export type FaultKind = keyof typeof kinds;

type Draw = readonly [weight: number, kind: FaultKind, maxHoldMs: number];
const ofServices: readonly Draw[] = [
  [3, 'kill', 2_000],
  [2, 'freeze', 8_000],
];
const ofBroker: readonly Draw[] = [
  [2, 'kill', 1_000],
  [2, 'freeze', 9_000],
  [5, 'close-connections', 0],
  [1, 'memory-alarm', 5_000],
];
const ofPostgres: readonly Draw[] = [
  [4, 'terminate-backends', 0],
  [1, 'restart', 0],
  [1, 'kill', 1_000],
];
const CALM_MS = { processes: [300, 2_000], infrastructure: [500, 4_000] } as const;

/** Two sequences that overlap: processes of ours, and what they stand on. */
export function drawFaults(random: Random, forMs: number, instances: readonly InstanceName[]): readonly Fault[][] {
  const draw = (lane: keyof typeof CALM_MS, one: (random: Random) => Omit<Fault, 'atMs'>): Fault[] => {
    const own = random.fork();
    const [min, max] = CALM_MS[lane];
    const faults: Fault[] = [];
    for (let atMs = own.between(min, max); atMs < forMs; ) {
      const fault = { atMs, ...one(own) };
      faults.push(fault);
      atMs += fault.holdMs + own.between(min, max);
    }
    return faults;
  };
  return [
    draw('processes', (own) => ({ target: own.pick(instances), ...kindOf(own, ofServices) })),
    draw('infrastructure', (own) =>
      own.chance(0.6)
        ? { target: 'broker', ...kindOf(own, ofBroker) }
        : { target: 'postgres', ...kindOf(own, ofPostgres) },
    ),
  ];
}

function kindOf(random: Random, draws: readonly Draw[]): Pick<Fault, 'kind' | 'holdMs'> {
  const [, kind, maxHoldMs] = random.pick(draws.flatMap((draw) => Array<Draw>(draw[0]).fill(draw)));
  return { kind, holdMs: random.between(0, maxHoldMs) };
}

export const faultLine = ({ atMs, kind, target, holdMs }: Fault): string =>
  `${(atMs / 1000).toFixed(1).padStart(7)} s  ${kind.padEnd(19)}${target.padEnd(14)}` +
  (holdMs === 0 ? '' : `${(holdMs / 1000).toFixed(1)} s`);
