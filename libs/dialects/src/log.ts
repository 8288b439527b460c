import type { StatelessDialect } from './dialect.ts';

/** Dialect `log`: canonical events in arrays under the name `events`, as many per frame as are ready (design §7.1). */
export const log: StatelessDialect = {
  name: 'log',
  aliases: {},
  folds: false,
  messages(events) {
    const last = events.at(-1);
    return last === undefined ? [] : [{ name: 'events', payload: events, seq: last.seq }];
  },
};
