import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type InstanceName, waitFor } from '@stepwire/testing';
import { Effects } from '../../agent/effects.ts';
import type { Experiment, Trial, Verdict } from '../../experiment.ts';
import type { Rig } from '../../rig.ts';
import { carryOut } from '../../storm/hit.ts';
import { Watcher } from '../../watcher.ts';
import { Commander } from '../commands/commander.ts';
import {
  type DrawnPlan,
  fatalPlan,
  hangingPlan,
  harmlessPlan,
  killingPlan,
  poisonousPlan,
  SLEEP_MS,
  SLEEPERS,
  sleepingPlan,
} from './plans.ts';
import { isOutcome, stepsFinish, type Worked } from './verdict.ts';

const STEPS = 10_000;
const FAULTS = 100;
const FATAL = 6;
const HANGING = 6;
const KILLING = 4;
/** requests at once: more steps are ready than there are slots */
const AT_ONCE = 12;
/** from one fault's end to the next, of one executor (ms) */
const CALM_MS = [500, 2_500] as const;
const OUTLIVED_SHARE = 0.15;
const outliving = ['freeze', 'unheard'] as const;
/** how long a freeze waits for steps to be hit, and then for another executor to go on with them (ms) */
const SLEEPERS_RUN_WITHIN_MS = 2_000;
const TAKEN_OVER_WITHIN_MS = 12_000;
/** after the last fault, something is heard of all that has not ended (ms): leases run out one after the other */
const HEARD_WITHIN_MS = 60_000;
/** for a killer to lose all leases that it may (ms); where the run is short, it is cancelled instead */
const KILLER_ENDS_WITHIN_MS = 240_000;

/** P7 */
export const steps: Experiment = {
  name: 'steps',
  about: 'steps by the thousand, some of them poison, on executors that are killed and frozen',
  run,
};

async function run({ rig, random, seen, scaled, say }: Trial): Promise<readonly Verdict[]> {
  const target = scaled(STEPS, 200);
  const faults = scaled(FAULTS, 4);
  const whole = target === STEPS;
  const { urls } = rig.stack;
  const commander = new Commander(urls, random.fork());
  const requests: Worked[] = [];
  let struck = 0;
  let givenUp = false;
  let killersGivenUp = false;

  const draw = (plan: DrawnPlan) => {
    const requestId = randomUUID();
    const watcher = new Watcher({ urls, requestId, dialect: 'log', random: random.fork(), restless: false });
    const worked = { plan, watcher, cancelled: false };
    requests.push(worked);
    return worked;
  };
  const work = async (worked: ReturnType<typeof draw>): Promise<void> => {
    const { plan, watcher } = worked;
    const { requestId } = watcher.options;
    await watcher.entered;
    const context = { plan: { goal: 'chaos', steps: plan.steps } };
    await commander.command('start', { requestId, userQuery: plan.kind, context }, () => givenUp);
    while (watcher.endedAt === undefined && !givenUp) {
      await delay(20);
      const due = plan.kind === 'hangs' || (plan.kind === 'kills' && killersGivenUp);
      if (!due || worked.cancelled || !innocentsEnded(worked)) continue;
      worked.cancelled = true;
      await commander.command('cancel', { requestId }, () => givenUp);
    }
    watcher.close();
    if (watcher.endedAt !== undefined) seen.keep(watcher.log);
  };

  const killers = Array.from({ length: scaled(KILLING) }, () => work(draw(killingPlan())));
  const special = [
    poisonousPlan(),
    ...Array.from({ length: scaled(HANGING) }, () => hangingPlan()),
    ...Array.from({ length: scaled(FATAL) }, () => fatalPlan(random)),
  ];
  let drawn = 0;
  const working = Array.from({ length: AT_ONCE }, async () => {
    while (drawn < target) {
      // as many steps as there were faults: neither comes without the other
      if (drawn > target * (struck / faults + 0.15)) await delay(50);
      else {
        const plan = special.pop() ?? harmlessPlan(random, Math.max(2, Math.ceil(target / AT_ONCE)));
        drawn += plan.steps.length;
        await work(draw(plan));
      }
    }
  });
  const counts = { kill: 0, freeze: 0, unheard: 0 };
  const sleeping: Promise<void>[] = [];
  const breaking = (['executor', 'executor 2'] as const).map(async (name, lane) => {
    const own = random.fork();
    for (let n = 0; n < faults / 2; n += 1) {
      await delay(own.between(...CALM_MS));
      // the first of one of them, so that there is one in the shortest run
      const kind = n === 0 && lane === 1 ? 'unheard' : own.chance(OUTLIVED_SHARE) ? own.pick(outliving) : 'kill';
      if (kind === 'kill') await carryOut(rig, { atMs: 0, kind, target: name, holdMs: own.between(0, 300) });
      else {
        const sleepers = draw(sleepingPlan());
        sleeping.push(work(sleepers));
        await outlive(rig, name, sleepers.watcher, kind);
      }
      counts[kind] += 1;
      struck += 1;
    }
  });
  const startedAt = performance.now();
  await Promise.all(breaking);
  say('No more faults; waiting for all to come to their ends');
  const settled = Promise.all([...working, ...sleeping]);
  await Promise.race([settled, silence(requests)]);
  const killersHave = Math.max(0, KILLER_ENDS_WITHIN_MS - (performance.now() - startedAt));
  if (whole) await Promise.race([Promise.all(killers), delay(killersHave)]);
  killersGivenUp = true;
  await Promise.race([Promise.all([settled, ...killers]), silence(requests)]);
  givenUp = true;
  await rig.ready();
  const said = `executors were ${counts.kill} × killed, ${counts.freeze} × frozen, ${counts.unheard} × unheard`;
  const verdict = stepsFinish(requests, new Effects(rig.dataDir).all(), said);
  for (const { watcher } of requests) watcher.close();
  commander.close();
  return [verdict];
}

/** Resolves when nothing new was heard of any request for {@link HEARD_WITHIN_MS}. */
async function silence(requests: readonly Worked[]): Promise<void> {
  for (let heard = -1; ; ) {
    const now = requests.reduce((sum, { watcher }) => sum + watcher.last, 0);
    if (now === heard) return;
    heard = now;
    await delay(HEARD_WITHIN_MS, undefined, { ref: false });
  }
}

function innocentsEnded({ plan, watcher }: Worked): boolean {
  const ended = new Set(
    watcher.seen.filter(({ data }) => isOutcome(data.status) && data.willRetry !== true).map(({ data }) => data.stepId),
  );
  return plan.steps.every(({ id, action }) => action === 'poison' || ended.has(id));
}

/**
 * Steps that outlive their leases: the executor is stopped in the middle of them, or goes on and nothing it says gets to the
 * broker, until another goes on with them and the first is done. What it then says is of an attempt that does not count any
 * more, while the one that counts runs.
 */
async function outlive(
  rig: Rig,
  name: InstanceName,
  { seen }: Watcher,
  how: (typeof outliving)[number],
): Promise<void> {
  const { stack } = rig;
  const line = rig.line(`${name} → broker`);
  const running = (attempt: number) =>
    seen.filter(({ data }) => data.status === 'running' && data.instance !== undefined && data.attempt === attempt);
  // fewer than wanted, where the other executor is just dead
  await waitFor(() => running(1).length === SLEEPERS, { timeoutMs: SLEEPERS_RUN_WITHIN_MS }).catch(() => undefined);
  if (!stack.alive(name)) return;
  if (how === 'freeze') stack.freeze(name);
  else line.hold('questions');
  try {
    const done = delay(SLEEP_MS);
    // the others may have had them all, and nothing to be taken over
    await waitFor(() => running(2).length > 0, { timeoutMs: TAKEN_OVER_WITHIN_MS }).catch(() => undefined);
    await done;
  } finally {
    if (how === 'freeze') stack.thaw(name);
    else line.release();
  }
}
