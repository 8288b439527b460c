import { ticksUpTo, type WaterfallRow, waits } from './waterfall-rows.ts';

/** A time in which nothing worked, ms since the request began. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Shorter ones are left as they are (ms, and share of the whole). */
const MIN_GAP_MS = 1_000;
const MIN_GAP_SHARE = 0.15;
/** What is left of a longer one, as share of the time that is left as it is. */
const LEFT_SHARE = 0.08;

/** Long times in which every step waited: for a person, or for another attempt. */
export function idleGaps(rows: readonly WaterfallRow[], totalMs: number): readonly Gap[] {
  const work = rows
    .flatMap(({ segments }) => segments.filter(({ doing }) => !waits.has(doing)))
    .sort((a, b) => a.from - b.from);
  const gaps: Gap[] = [];
  let busyUntil = 0;
  for (const { from, to } of [...work, { from: totalMs, to: totalMs }]) {
    if (from - busyUntil > Math.max(MIN_GAP_MS, MIN_GAP_SHARE * totalMs)) gaps.push({ from: busyUntil, to: from });
    busyUntil = Math.max(busyUntil, to);
  }
  return gaps;
}

/** Where a time stands on an axis on which some times are shortened. */
export interface TimeScale {
  readonly totalMs: number;
  /** ms on the axis: the same as in truth, but for gaps before it */
  readonly shown: (ms: number) => number;
  readonly gaps: readonly Gap[];
}

export function timeScale(totalMs: number, gaps: readonly Gap[]): TimeScale {
  const idle = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
  const left = Math.max(1, totalMs - idle) * LEFT_SHARE;
  const shown = (ms: number): number =>
    gaps.reduce((at, { from, to }) => {
      if (ms <= from) return at;
      const inGap = Math.min(ms, to) - from;
      return at - inGap + inGap * Math.min(1, left / (to - from));
    }, ms);
  return { totalMs: shown(totalMs), shown, gaps };
}

/** Round figures that do not stand within what is shortened, by where they stand. */
export function ticksOf({ totalMs, shown, gaps }: TimeScale, count: number): ReadonlyMap<number, number> {
  const step = ticksUpTo(totalMs, count)[1] ?? totalMs;
  const ticks = new Map<number, number>();
  const end = gaps.reduce((sum, { from, to }) => sum + (to - from) - (shown(to) - shown(from)), totalMs);
  let last = Number.NEGATIVE_INFINITY;
  for (let nth = 0; nth * step <= end; nth += 1) {
    const gap = gaps.find(({ from, to }) => nth * step > from && nth * step < to);
    // on from its end, in as many steps as there are
    if (gap !== undefined) nth = Math.max(nth, Math.ceil(gap.to / step) - 1);
    else if (shown(nth * step) - last >= step * 0.6) {
      last = shown(nth * step);
      ticks.set(last, nth * step);
    }
  }
  return ticks;
}
