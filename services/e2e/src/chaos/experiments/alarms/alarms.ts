import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@stepwire/testing';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import type { Random } from '../../random.ts';
import { Client } from '../../storm/managed.ts';
import { Numbered } from '../publishes/numbered.ts';
import { type Answered, Commander } from './commander.ts';
import { Flood } from './flood.ts';
import { Memory } from './memory.ts';
import { type Command, Work } from './work.ts';

const ALARMS = 20;
const REQUESTS = 4;
/** how long one lasts (ms); every sixth longer than a publish may take, and than a lease */
const HOLD_MS = [1_500, 4_000] as const;
const LONG_EVERY = 6;
const LONG_HOLD_MS = [16_000, 20_000] as const;
/** a publish or a command in an alarm is refused within this (ms), on two cores that everything shares */
const REFUSED_WITHIN_MS = 2_000;
/** after an alarm, everything is confirmed, ended and seen within this (ms) */
const WHOLE_WITHIN_MS = 60_000;
const MAX_GROWTH_MIB = 128;

/** P9 */
export const alarms: Experiment = {
  name: 'alarms',
  about: 'memory and disk alarms of the broker, while publishers and clients want all they can get',
  run,
};

const alarmKinds = {
  memory: { raise: ['set_vm_memory_high_watermark', '0'], clear: ['set_vm_memory_high_watermark', '0.4'] },
  // more than there is on any disk
  disk: { raise: ['set_disk_free_limit', '1000000GB'], clear: ['set_disk_free_limit', '50MB'] },
} as const;
interface Alarm {
  readonly kind: keyof typeof alarmKinds;
  readonly holdMs: number;
}

const drawAlarms = (random: Random, length: number): readonly Alarm[] =>
  Array.from({ length }, (_, i) => {
    const [from, to] = (i + 1) % LONG_EVERY === 0 ? LONG_HOLD_MS : HOLD_MS;
    return { kind: i % 2 === 0 ? 'memory' : 'disk', holdMs: random.between(from, to) };
  });

async function run({ rig, random, seen, scaled, say }: Trial): Promise<readonly Verdict[]> {
  const { stack } = rig;
  const planned = drawAlarms(random, scaled(ALARMS, 2));
  const requests = Array.from(
    { length: REQUESTS },
    (_, i) => new Numbered(`alarms-${i + 1}`, stack.urls, random.fork()),
  );
  await Promise.all(requests.map((request) => request.watched()));
  const flood = new Flood(
    rig.amqpUrl,
    requests.map(({ requestId }) => requestId),
  );
  const commanders = stack.urls.map((url) => new Commander(url));
  const client = new Client(stack.urls, random.fork());
  // Once without an alarm: what grows then is code and caches.
  flood.go();
  await flood.rest();
  const deathsBefore = rig.ownDeaths.length;
  const pids = () => stack.instances.map((name) => stack.pid(name));
  const pidsBefore = pids();
  const memory = new Memory([
    ...stack.instances.map((name) => [name, stack.pid(name)] as const),
    ['publisher', flood.pid],
  ]);
  const broken: string[] = [];
  const inAlarm: Answered[] = [];
  let wholeMs = 0;
  let alarmMs = 0;
  for (const [i, alarm] of planned.entries()) {
    const work = await Work.begin(`alarm-${i + 1}`, client, stack.urls, random.fork());
    flood.go();
    let clearing = false;
    const give = (commands: (number: number) => readonly Command[]) =>
      commanders.flatMap((commander, c) =>
        commands(c).map(([name, body]) => commander.repeat(name, body, () => clearing)),
      );
    // The alarm finds these on their way; the others would be carried out before it.
    const commanding = give((c) => work.repeatable(c));
    await rig.rabbitmqctl(...alarmKinds[alarm.kind].raise);
    const raisedAt = performance.now();
    commanding.push(...give(() => work.once()));
    await delay(alarm.holdMs);
    const clearedAt = performance.now();
    clearing = true;
    await rig.rabbitmqctl(...alarmKinds[alarm.kind].clear);
    await Promise.all(commanding);
    for (const { answers } of commanders) {
      const these = answers.splice(0);
      inAlarm.push(...these);
      if (!these.some(({ code, sentAt }) => code === 'unavailable' && sentAt >= raisedAt && sentAt < clearedAt))
        broken.push(`alarm ${i + 1} (${alarm.kind}): a gateway refused nothing`);
    }
    alarmMs += clearedAt - raisedAt;
    const [, left] = await Promise.all([flood.rest(), work.finish(WHOLE_WITHIN_MS)]);
    broken.push(...left);
    wholeMs = Math.max(wholeMs, performance.now() - clearedAt);
    // what did not get over this one would only be told again
    if (left.length > 0) break;
  }
  say(`${planned.length} alarms, ${(alarmMs / 1000).toFixed(0)} s in all`);
  const { tally, made } = await flood.rest('end');
  for (const [i, request] of requests.entries()) request.made = made[i] ?? 0;
  const publishedAt = performance.now();
  // where they do not get there, the complaints tell who
  await waitFor(() => requests.every(({ atEnd }) => atEnd), { timeoutMs: WHOLE_WITHIN_MS }).catch(() => undefined);
  const headMs = performance.now() - publishedAt;
  memory.close();

  broken.push(...tally.wrong, ...memory.grewBeyond(MAX_GROWTH_MIB), ...answersBroken(inAlarm));
  for (const request of requests) {
    broken.push(...request.complaints());
    seen.keep(request.log);
    request.close();
  }
  if (tally.rejected === 0) broken.push('no publish was refused: too little to tell');
  if (tally.longestRejectionMs > REFUSED_WITHIN_MS)
    broken.push(`a publish was refused only after ${count(tally.longestRejectionMs)} ms`);
  if (pids().some((pid, i) => pid !== pidsBefore[i]) || rig.ownDeaths.length > deathsBefore)
    broken.push('a service was started again');
  flood.close();
  client.close();
  for (const commander of commanders) commander.close();
  return [
    {
      promise: 'P9  an alarmed broker: fast clear errors, bounded memory, and all goes on by itself',
      figures:
        `${planned.length} alarms of ${(alarmMs / 1000).toFixed(0)} s; ${count(tally.rejected)} publishes refused, the slowest after ${count(tally.longestRejectionMs)} ms, ` +
        `all ${count(tally.confirmed)} confirmed in the end; ${answersFigures(inAlarm)}; ` +
        `whole again ${(wholeMs / 1000).toFixed(1)} s after an alarm at the latest, watchers at the end ${(headMs / 1000).toFixed(1)} s after the last publish; ` +
        `MiB: ${memory.figures()}`,
      broken,
    },
  ];
}

/** A command is carried out, or refused as `unavailable`; either way soon. */
function answersBroken(answers: readonly Answered[]): string[] {
  return answers.flatMap(({ command, requestId, tookMs, code }) => [
    ...(allowed.has(code) ? [] : [`${command} of ${requestId} was answered ${code}`]),
    ...(tookMs <= REFUSED_WITHIN_MS
      ? []
      : [`${command} of ${requestId} was answered ${code} only after ${count(tookMs)} ms`]),
  ]);
}
// The first publish of a connection in an alarm still gets through: a command may be carried out, and then be said again.
const allowed = new Set(['ok', 'unavailable', 'already_answered', 'already_finished']);

function answersFigures(answers: readonly Answered[]): string {
  const commands = [...new Set(answers.map(({ command }) => command))];
  const ofEach = commands.map((name) => {
    const these = answers.filter(({ command }) => command === name);
    const refused = these.filter(({ code }) => code === 'unavailable').length;
    const slowest = these.reduce((max, { tookMs }) => Math.max(max, tookMs), 0);
    return `${count(these.length)} × ${name}, ${count(refused)} unavailable, slowest ${count(slowest)} ms`;
  });
  return ofEach.join('; ');
}
