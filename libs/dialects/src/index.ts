export type { Dialect, FoldingDialect, Message, StatelessDialect } from './dialect.ts';
export { guide } from './guide.ts';
export { log } from './log.ts';
export { eventTypes, narrow } from './narrow.ts';
