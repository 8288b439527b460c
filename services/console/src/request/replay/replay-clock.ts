import { firstAbove } from '../log/step-output.ts';

/** Nobody wants to look at nothing for longer: so much is left of a longer gap, at 1× (ms). */
export const MAX_GAP_MS = 2_000;

/** When each event comes in a replay at 1×, the first one at 0 (ms). True to their times, but for gaps longer than that. */
export function replayOffsets(times: readonly number[]): readonly number[] {
  let offset = 0;
  return times.map((time, index) => {
    const before = times[index - 1] ?? time;
    offset += Math.min(MAX_GAP_MS, Math.max(0, time - before));
    return offset;
  });
}

/** how much a replay leaves out of it (ms) */
export const shortenedBy = (times: readonly number[], offsets: readonly number[]): number =>
  (times.at(-1) ?? 0) - (times[0] ?? 0) - (offsets.at(-1) ?? 0);

/** Where a replay stands. */
export interface Playhead {
  /** events that have happened, at least 1 */
  readonly position: number;
  /** on the replay's own clock (ms): between two events it is beyond that of `position` */
  readonly clock: number;
}

export const playheadAt = (offsets: readonly number[], position: number): Playhead => ({
  position,
  clock: offsets[position - 1] ?? 0,
});

/** @param passedMs by the clock on the wall */
export function played(head: Playhead, offsets: readonly number[], passedMs: number, speed: number): Playhead {
  const clock = Math.min(offsets.at(-1) ?? 0, head.clock + passedMs * speed);
  // events of one moment come together
  return { position: Math.max(head.position, firstAbove(offsets, clock)), clock };
}
