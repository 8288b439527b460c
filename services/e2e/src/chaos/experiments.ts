import type { Experiment } from './experiment.ts';
import { alarms } from './experiments/alarms/alarms.ts';
import { canaries } from './experiments/canaries/canaries.ts';
import { clock } from './experiments/clock/clock.ts';
import { cluster } from './experiments/cluster/cluster.ts';
import { commands } from './experiments/commands/commands.ts';
import { commits } from './experiments/commits/commits.ts';
import { cursors } from './experiments/cursors/cursors.ts';
import { dropHead } from './experiments/drop-head/drop-head.ts';
import { leaks } from './experiments/leaks/leaks.ts';
import { publishes } from './experiments/publishes/publishes.ts';
import { snapshots } from './experiments/snapshots/snapshots.ts';
import { stalled } from './experiments/stalled/stalled.ts';
import { steps } from './experiments/steps/steps.ts';
import { storm } from './storm/storm.ts';

/** All of them, in the order in which they run. */
export const experiments: readonly Experiment[] = [
  alarms,
  cluster,
  cursors,
  snapshots,
  commits,
  publishes,
  stalled,
  canaries,
  leaks,
  dropHead,
  clock,
  commands,
  steps,
  storm,
];
