import type { Options } from './options.ts';
import { runPhase } from './phase.ts';
import { median } from './statistics.ts';
import type { Rig, System } from './systems.ts';

/** Samples in a long flood. */
const SAMPLES = 10;
/** the first of them are of a process that still grows into its work */
const SETTLED_AFTER = 3;
/** what a heap may move up and down by itself */
const NOISE = { share: 0.1, mib: 16 };

export interface MemoryResult {
  readonly events: number;
  readonly perSecond: number;
  /** MiB resident after each tenth of the events, by process */
  readonly samples: readonly { readonly events: number; readonly mib: Readonly<Record<string, number>> }[];
  /** processes of ours whose last samples are above those after the start by more than noise */
  readonly growing: readonly string[];
}

/** One long flood. @throws Incorrect */
export async function watchMemory(
  rig: Rig,
  system: System,
  options: Options & { readonly events: number },
  say: (line: string) => void,
): Promise<MemoryResult> {
  const { events, requests, eventBytes, window } = options;
  const samples: { events: number; mib: Readonly<Record<string, number>> }[] = [];
  const every = Math.ceil(events / SAMPLES);
  const { perSecond } = await runPhase(
    rig,
    system,
    { prefix: 'bench-memory', requests, eventBytes },
    `${events} events`,
    { kind: 'flood', window, limit: events },
    { warmUpMs: 0, measureMs: 0 },
    (delivered) => {
      if (delivered < every * (samples.length + 1)) return;
      const mib = rig.memory();
      samples.push({ events: delivered, mib });
      const figures = Object.entries(mib).map(([name, size]) => `${name} ${Math.round(size)} MiB`);
      say(`${delivered.toLocaleString('en')} events: ${figures.join(', ')}`);
    },
  );
  const growing = ['coordinator', 'gateway'].filter((name) => grows(samples.map(({ mib }) => mib[name] ?? Number.NaN)));
  return { events, perSecond, samples, growing };
}

/** Whether the last three of equally spaced sizes (MiB) are above those after the start by more than noise. */
export function grows(sizes: readonly number[]): boolean {
  const settled = sizes.slice(SETTLED_AFTER);
  const [early, late] = [median(settled.slice(0, 3)), median(settled.slice(-3))];
  return late > early * (1 + NOISE.share) + NOISE.mib;
}
