import { count, type Verdict } from '../experiment.ts';
import { isEnd, type Watcher } from '../watcher.ts';
import type { Managed } from './managed.ts';
import type { Observed, PublishTally } from './observed.ts';

/** after the last fault, all watchers are at the head (ms) */
export const HEAD_WITHIN_MS = 30_000;
/** of a publish (design §3), and what a process that had to wait for a core adds (ms) */
const PUBLISH_WITHIN_MS = 15_000 + 1_000;

const complaints = (watchers: readonly Watcher[]): string[] =>
  watchers.flatMap((watcher) => watcher.broken.map((what) => `${watcher.name}: ${what}`));

/**
 * P1: every confirmed event reaches each watcher exactly once, in order, and soon.
 * @param calmAt `performance.now()` of the last fault's end
 * @param faults what there was of them, in words
 */
export function eventsOnce(
  observed: readonly Observed[],
  managed: readonly Managed[],
  calmAt: number,
  faults: string,
): Verdict {
  const watchers = [...observed.flatMap((request) => request.watchers), ...managed.map(({ watcher }) => watcher)];
  const broken = complaints(watchers);
  let headMs = 0;
  const logs = new Set(watchers.map(({ log }) => log));
  for (const log of logs) broken.push(...log.settle(), ...log.leftOver());
  for (const request of observed) {
    const reference = request.watchers.find(({ startedAt }) => startedAt === 0)?.seen ?? [];
    for (const watcher of request.watchers) {
      const numbers = watcher.seen.flatMap(({ n }) => (n === undefined ? [] : [n]));
      // What came before is in its state: it is held against what one saw who was there from the beginning.
      const before = reference.slice(0, watcher.startedAt ?? 0).filter(({ n }) => n !== undefined).length;
      const firstWrong = numbers.findIndex((n, i) => n !== before + i + 1);
      if (firstWrong >= 0)
        broken.push(`${watcher.name}: got ${numbers[firstWrong]} where ${before + firstWrong + 1} was due`);
      if (before + numbers.length !== request.confirmed)
        broken.push(`${watcher.name}: ${before + numbers.length} events of ${request.confirmed} confirmed ones`);
      if (watcher.endedAt === undefined) broken.push(`${watcher.name}: not at the head, but at ${watcher.last}`);
      else headMs = Math.max(headMs, watcher.endedAt - calmAt);
    }
  }
  if (headMs > HEAD_WITHIN_MS) broken.push(`the last watcher was at the head only after ${count(headMs)} ms`);
  const deliveries = watchers.reduce((sum, { seen }) => sum + seen.length, 0);
  const joins = watchers.reduce((sum, watcher) => sum + watcher.joins, 0);
  const states = [...logs].reduce((sum, log) => sum + log.statesChecked, 0);
  return {
    promise: 'P1  every confirmed event reaches each watcher exactly once, in order',
    figures: `${count(deliveries)} deliveries to ${count(watchers.length)} watchers, ${count(joins)} joins, ${count(states)} states held against the fold; all at the head ${(Math.max(0, headMs) / 1000).toFixed(1)} s after the last of ${faults}`,
    broken,
  };
}

/** P2: every publish settles in time, and a repeat is not seen twice. */
export function publishesSettle(tally: PublishTally, observed: readonly Observed[]): Verdict {
  const { confirmed, rejected, repeated, longestMs } = tally;
  const broken = longestMs > PUBLISH_WITHIN_MS ? [`one took ${count(longestMs)} ms`] : [];
  for (const request of observed) {
    if (!request.done) broken.push(`${request.requestId}: watchers are not let in, or a publish is not confirmed`);
    for (const { seen, name } of request.watchers) {
      const numbers = seen.flatMap(({ n }) => (n === undefined ? [] : [n]));
      const doubled = numbers.length - new Set(numbers).size;
      if (doubled > 0) broken.push(`${name}: ${doubled} events twice`);
    }
  }
  return {
    promise: 'P2  every publish settles within 15 s, and a repeat is not visible twice',
    figures: `${count(confirmed)} confirmed, ${count(rejected)} rejected and repeated, ${count(repeated)} repeated all the same; the longest took ${(longestMs / 1000).toFixed(1)} s`,
    broken,
  };
}

/** P6: a command takes effect at most once, a request ends exactly once. */
export function effectsOnce(managed: readonly Managed[]): Verdict {
  const broken: string[] = [];
  let cancelled = 0;
  for (const { watcher, requestId, starts, cancels, feedbacks, steps } of managed) {
    const complain = (what: string) => broken.push(`${requestId}: ${what}`);
    const types = watcher.seen.map(({ type }) => type);
    const times = (type: string) => types.filter((other) => other === type).length;
    const ends = types.filter(isEnd);
    if (times('request.accepted') !== 1) complain(`accepted ${times('request.accepted')} times`);
    if (times('request.cancelling') > 1) complain(`cancelled ${times('request.cancelling')} times`);
    if (ends.length !== 1) complain(`ended ${ends.length} times; ${lastWords(watcher)}`);
    else if (!isEnd(types.at(-1) ?? '')) complain(`${types.at(-1)} after the end`);
    if (starts.some((answer) => answer?.ok !== true)) complain(`a start was answered ${JSON.stringify(starts)}`);
    if (starts.filter((answer) => answer?.created === true).length > 1) complain('created more than once');
    const wasCancelled = ends[0] === 'request.cancelled';
    if (wasCancelled) cancelled += 1;
    const heard = cancels.some((answer) => answer?.ok === true);
    if (heard !== wasCancelled && (heard || cancels.length === 0))
      complain(`ended as ${ends[0]}, a cancel was ${heard ? '' : 'not '}taken`);
    for (let step = 1; step <= steps; step += 1) {
      const done = watcher.seen.filter(({ data }) => data.stepId === `s${step}` && data.status === 'completed').length;
      if (done > 1 || (done === 0 && ends[0] === 'request.completed')) complain(`s${step} completed ${done} times`);
    }
    const answered = watcher.seen.filter(({ type }) => type === 'question.answered').map(({ data }) => data.questionId);
    if (new Set(answered).size < answered.length) complain(`of ${answered.join(', ')} one was answered twice`);
    const taken = feedbacks.flat().filter((answer) => answer?.ok === true).length;
    if (taken > answered.length) complain(`${taken} answers were taken, ${answered.length} are in the log`);
    if (ends[0] === 'request.failed') complain('failed');
  }
  const commands = managed.reduce(
    (sum, { starts, cancels, feedbacks }) => sum + starts.length + cancels.length + feedbacks.flat().length,
    0,
  );
  return {
    promise: 'P6  a command takes effect at most once, a request ends exactly once',
    figures: `${count(commands)} commands in threes; ${count(managed.length)} requests ended, ${count(cancelled)} of them cancelled`,
    broken,
  };
}

/** The newest events, for somebody who has to find out what it waits for. */
const lastWords = ({ seen }: Watcher): string =>
  `the last it said: ${seen
    .slice(-5)
    .map(({ type, data }) => `${type} ${JSON.stringify(data).slice(0, 120)}`)
    .join(' | ')}`;
