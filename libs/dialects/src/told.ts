import type { LogEvent } from '@stepwire/protocol';
import type { RunState } from '@stepwire/run-model';
import type { Told } from './dialect.ts';

/** Sentences and members that several dialects share. */

export const taskOf = ({ userQuery, plan, requestId }: RunState): string => userQuery ?? plan?.goal ?? requestId;

export const isFirst = ({ createdAt }: RunState): boolean => createdAt === null;

export const cancelledBy = ({ cancel }: RunState): string =>
  `cancelled by ${cancel?.by ?? 'its agent'}${cancel?.reason ? `: ${cancel.reason}` : ''}`;

/** A result that travels by reference has `resultRef` instead; neither where there is none. */
export const resultOf = ({ result, resultRef }: Pick<RunState, 'result' | 'resultRef'>): object => ({
  ...(result === null ? {} : { result }),
  ...(resultRef === null ? {} : { resultRef }),
});

/** ms between two timestamps; undefined where one is missing or they make no sense */
export function msBetween(from: string | null, to: string | null): number | undefined {
  const ms = Date.parse(to ?? '') - Date.parse(from ?? '');
  return ms >= 0 ? ms : undefined;
}

/** An event as it is, under its own type; one whose type would pass for another message goes out as `event`. */
export const passed = (event: LogEvent, taken: ReadonlySet<string>): Told => ({
  name: taken.has(event.type) ? 'event' : event.type,
  payload: event,
});
