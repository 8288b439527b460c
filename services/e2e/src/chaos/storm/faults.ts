import type { InstanceName } from '@stepwire/testing';
import type { Random } from '../random.ts';
import type { Server } from '../rig.ts';

/** What goes wrong, drawn from the seed before the run begins. */
export interface Fault {
  /** since the beginning; later where the one before it takes longer */
  readonly atMs: number;
  readonly kind: FaultKind;
  /** an instance, a server, or a line between two parts */
  readonly target: string;
  /** how long it lasts, beside the time that a start takes */
  readonly holdMs: number;
}

const kinds = {
  kill: 'SIGKILL, and a new start',
  freeze: 'SIGSTOP, later SIGCONT',
  'close-connections': 'the broker closes all connections',
  'memory-alarm': 'the broker blocks publishers',
  'disk-alarm': 'the same, for want of disk',
  'terminate-backends': 'pg_terminate_backend of all',
  restart: 'a polite stop, and a new start',
  'kill-before-commit': 'SIGKILL of a coordinator whose COMMIT is on its way',
  'kill-after-commit': 'SIGKILL of a coordinator that does not know yet that it has committed',
  'cut-before-commit': 'the line breaks before a COMMIT',
  'cut-after-commit': 'the line breaks before its answer',
  cut: 'a line breaks, and takes no connections for a while',
  'half-open, questions': 'connections stay, nothing gets to the server',
  'half-open, answers': 'connections stay, nothing comes back',
  slow: 'a line delays each piece by a time of its own',
} as const;
export type FaultKind = keyof typeof kinds;

type Draw = readonly [weight: number, kind: FaultKind, maxHoldMs: number];
const ofServices: readonly Draw[] = [
  [4, 'kill', 2_000],
  [2, 'freeze', 8_000],
];
const ofCommits: readonly Draw[] = [
  [1, 'kill-before-commit', 1_000],
  [1, 'kill-after-commit', 1_000],
  [1, 'cut-before-commit', 500],
  [1, 'cut-after-commit', 500],
];
const ofServers: Readonly<Record<Server, readonly Draw[]>> = {
  broker: [
    [2, 'kill', 1_000],
    [2, 'freeze', 9_000],
    [5, 'close-connections', 0],
    [1, 'memory-alarm', 5_000],
    [1, 'disk-alarm', 5_000],
  ],
  postgres: [
    [4, 'terminate-backends', 0],
    [1, 'restart', 0],
    [1, 'kill', 1_000],
  ],
};
const ofLines: readonly Draw[] = [
  [3, 'cut', 2_000],
  [1, 'half-open, questions', 12_000],
  [1, 'half-open, answers', 12_000],
  [2, 'slow', 6_000],
];
const CALM_MS = { processes: [300, 2_000], servers: [500, 5_000], lines: [200, 2_000] } as const;

/** Three sequences that overlap: processes of ours, what they stand on, and what is between them. */
export function drawFaults(
  random: Random,
  forMs: number,
  instances: readonly InstanceName[],
  lines: readonly string[],
): readonly Fault[][] {
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
  const coordinators = instances.filter((name) => name.startsWith('coordinator'));
  return [
    draw('processes', (own) =>
      own.chance(0.75)
        ? { target: own.pick(instances), ...kindOf(own, ofServices) }
        : { target: own.pick(coordinators), ...kindOf(own, ofCommits) },
    ),
    draw('servers', (own) => {
      const target = own.chance(0.6) ? 'broker' : 'postgres';
      return { target, ...kindOf(own, ofServers[target]) };
    }),
    draw('lines', (own) => ({ target: own.pick(lines), ...kindOf(own, ofLines) })),
  ];
}

function kindOf(random: Random, draws: readonly Draw[]): Pick<Fault, 'kind' | 'holdMs'> {
  const [, kind, maxHoldMs] = random.pick(draws.flatMap((draw) => Array<Draw>(draw[0]).fill(draw)));
  return { kind, holdMs: random.between(0, maxHoldMs) };
}

export const faultLine = ({ atMs, kind, target, holdMs }: Fault): string =>
  `${(atMs / 1000).toFixed(1).padStart(7)} s  ${kind.padEnd(22)}${target.padEnd(27)}` +
  (holdMs === 0 ? '' : `${(holdMs / 1000).toFixed(1)} s`);
