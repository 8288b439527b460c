export { createLogger, type Logger, nestLogger } from './logger.ts';
