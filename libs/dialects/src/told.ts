import type { LogEvent } from '@stepwire/protocol';
import type { RunState } from '@stepwire/run-model';
import type { Told } from './dialect.ts';

/** Sentences and members that several dialects share. */

export const taskOf = ({ userQuery, plan, requestId }: RunState): string => userQuery ?? plan?.goal ?? requestId;

export const isFirst = ({ createdAt }: RunState): boolean => createdAt === null;

/** Why a request failed, or by whom it was cancelled (code `cancelled`). */
export function failureOf({ status, error, cancel }: RunState): { readonly message: string; readonly code?: string } {
  if (status === 'cancelled') {
    const why = cancel?.reason ? `: ${cancel.reason}` : '';
    return { message: `cancelled by ${cancel?.by ?? 'its agent'}${why}`, code: 'cancelled' };
  }
  const code = error?.code ?? null;
  return { message: error?.message ?? 'failed', ...(code === null ? {} : { code }) };
}

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

/**
 * An event as it is, under its own type; one whose type would pass for another message, or for more than one line of SSE,
 * goes out as `event`.
 */
export const passed = (event: LogEvent, taken: ReadonlySet<string>): Told => ({
  name: taken.has(event.type) || /[\0\r\n]/.test(event.type) ? 'event' : event.type,
  payload: event,
});
