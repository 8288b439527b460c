import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../random.ts';
import type { Rig } from '../../rig.ts';

/** a coordinator that was just started takes a while to write; one with nothing to write is not waited for (ms) */
const COMMIT_WITHIN_MS = 15_000;
/** how long a coordinator is left alone at first; it may be that it just started (ms) */
const PEACE_MS = [0, 500] as const;
/** how long the other one has alone, before it is started again */
const AWAY_MS = [0, 300] as const;

export type Coordinator = 'coordinator' | 'coordinator 2';
export type KillTally = Map<string, number>;

const moments = [
  'killed just before its COMMIT gets there',
  'killed just after its COMMIT, before it knows',
  'cut off just before its COMMIT gets there, then killed',
  'cut off just after its COMMIT, then killed',
  'its backend terminated before the COMMIT, then killed',
  'killed at any moment',
] as const;

/** Kills one coordinator, again and again while `more()`, mostly where it hurts. */
export async function killAgainAndAgain(
  rig: Rig,
  name: Coordinator,
  random: Random,
  more: () => boolean,
  tally: KillTally,
): Promise<void> {
  while (more()) {
    // Those with a COMMIT come more often: not each of them finds one.
    const wanted = random.chance(0.9) ? random.pick(moments.slice(0, -1)) : random.pick(moments);
    const hit = await killOnce(rig, name, random, wanted);
    tally.set(hit, (tally.get(hit) ?? 0) + 1);
  }
}

async function killOnce(rig: Rig, name: Coordinator, random: Random, wanted: string): Promise<string> {
  const line = rig.line(`${name} → postgres`);
  const away = () => delay(random.between(...AWAY_MS));
  await delay(random.between(...PEACE_MS));
  if (wanted === 'killed at any moment') {
    await rig.kill(name, away);
    return wanted;
  }
  const caught = line.ambushCommit(wanted.includes('just after') ? 'after' : 'before').then(() => true);
  if (!(await Promise.race([caught, delay(COMMIT_WITHIN_MS, false)]))) {
    line.release();
    await rig.kill(name, away);
    return 'killed at any moment';
  }
  if (wanted.startsWith('its backend')) {
    const inTransaction = "datname = current_database() AND state LIKE 'idle in transaction%'";
    await rig.sql(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE ${inTransaction}`);
    line.release();
  } else if (wanted.startsWith('cut off')) {
    line.cut();
    line.release();
  }
  // What was held on its way gets nowhere: the line is cut before it is released.
  await rig.kill(name, async () => {
    line.cut();
    line.release();
    await away();
  });
  return wanted;
}
