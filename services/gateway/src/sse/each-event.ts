import type { StatelessDialect } from '@stepwire/dialects';

/** Dialect `log` where a message is one event, so that each has an id to go on from: canonical events, unnamed. */
export const eachEvent: StatelessDialect = {
  name: 'log',
  aliases: {},
  folds: false,
  messages: (events) => events.map((event) => ({ name: 'message', payload: event, seq: event.seq })),
};
