import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../random.ts';
import type { Rig } from '../../rig.ts';

const SLOW_MS = 80;

/** What is between a log and who reads it breaks, again and again: the feed of a gateway, and who answers for the log. */
export async function breakReading(rig: Rig, random: Random, stopped: () => boolean): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const gateways = ['gateway', 'gateway 2'] as const;
  while (!stopped()) {
    const what = random.pick(['feed slow', 'feed slow', 'feed cut', 'feed half open', 'coordinator killed']);
    const line = rig.line(`${random.pick(gateways)} → broker`);
    counts.set(what, (counts.get(what) ?? 0) + 1);
    if (what === 'feed slow') line.slow(SLOW_MS);
    else if (what === 'feed cut') line.cut(true);
    else if (what === 'feed half open') line.hold('answers');
    else await rig.kill(random.pick(['coordinator', 'coordinator 2']));
    await delay(random.between(300, 1_200));
    line.release();
    await delay(random.between(300, 1_500));
  }
  return counts;
}
