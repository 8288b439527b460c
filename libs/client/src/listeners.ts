import type { EventType, LogEvent } from '@stepwire/protocol';

export type Unsubscribe = () => void;

/** Those who listen. One that throws keeps nothing from the others: its error is reported as an uncaught one. */
export class Listeners<T extends readonly unknown[] = []> {
  readonly #all = new Set<{ readonly hear: (...args: T) => void }>();

  get size(): number {
    return this.#all.size;
  }

  add(hear: (...args: T) => void): Unsubscribe {
    // the same function may listen twice
    const listener = { hear };
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  tell(...args: T): void {
    for (const { hear } of [...this.#all]) {
      try {
        hear(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** An event of that type, with its data typed where the type is one of the protocol's. */
export type EventOf<T extends string> = T extends EventType ? LogEvent<T> : LogEvent;

/** Hears events of one type; `*`: all. */
export type OnEvent = <T extends EventType | (string & {})>(type: T, hear: (event: EventOf<T>) => void) => Unsubscribe;

/** {@link OnEvent} for whatever `add` puts a listener on. */
export const onEvent =
  (add: (hear: (event: LogEvent) => void) => Unsubscribe): OnEvent =>
  (type, hear) =>
    add((event) => {
      if (isOf(event, type)) hear(event);
    });

/** Its data was checked when it came into the log. */
const isOf = <T extends string>(event: LogEvent, type: T): event is LogEvent & EventOf<T> =>
  type === '*' || event.type === type;
