import type { LogEvent } from '@stepwire/protocol';
import type { Dialect } from './dialect.ts';

/**
 * `types=` of every front door: the events whose type was asked for, all where nothing was.
 * Narrowing comes before the dialect, so it means the same in every dialect.
 */
export function narrow(events: readonly LogEvent[], types: ReadonlySet<string> | null): readonly LogEvent[] {
  return types === null ? events : events.filter((event) => types.has(event.type));
}

/** The event types that a client means: a dialect's own names stand for theirs. */
export const eventTypes = (dialect: Dialect, names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map((name) => (Object.hasOwn(dialect.aliases, name) ? (dialect.aliases[name] ?? name) : name)));
