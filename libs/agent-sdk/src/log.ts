import type { Logger } from '@stepwire/observability';
import type { StepKey, StopCause } from './lease.ts';

/** Every log line of the SDK: a named function with structured fields. */
/** The first, second, fourth, eighth … in a row: an outage of hours is told in a few lines. */
export const heartbeatFailed = (logger: Logger, failures: number, error: unknown) => {
  if (!Number.isInteger(Math.log2(failures))) return;
  const level = failures === 1 ? 'info' : 'warn';
  logger[level]({ failures, error: messageOf(error) }, 'the coordinator did not answer a heartbeat');
};

export const stepTaken = (logger: Logger, step: StepKey, tool: string) => logger.info({ ...step, tool }, 'step taken');

export const stepEnded = (logger: Logger, step: StepKey, outcome: string, durationMs: number) =>
  logger.info({ ...step, outcome, durationMs }, 'step ended');

export const stepStopped = (logger: Logger, step: StepKey, cause: StopCause) =>
  logger.info({ ...step, cause }, 'step stops');

export const claimRefused = (logger: Logger, step: StepKey, reason: string) =>
  logger.debug({ ...step, reason }, 'claim refused: the delivery is out of date');

export const claimGivenUp = (logger: Logger, step: StepKey, error: unknown) =>
  logger.warn({ ...step, error: messageOf(error) }, 'claim unanswered: the delivery goes back to its queue');

export const claimBroken = (logger: Logger, step: StepKey, error: unknown) =>
  logger.error({ ...step, err: error }, 'claim impossible: the delivery goes to the dead letters');

export const publishRetried = (logger: Logger, id: string, failures: number, error: unknown) =>
  logger.warn({ id, failures, error: messageOf(error) }, 'event not confirmed: published again');

export const toolFailed = (logger: Logger, step: StepKey, error: unknown) => {
  try {
    logger.warn({ ...step, err: error }, 'tool failed');
  } catch {
    // it throws when it is read
    logger.warn(step, 'tool failed, with an error that cannot be read');
  }
};

export const toolIgnoredAbort = (logger: Logger, step: StepKey, graceMs: number) =>
  logger.error({ ...step, graceMs }, 'tool ignores its AbortSignal: given up on, what it still says is dropped');

export const signalSwallowed = (logger: Logger, step: StepKey, what: string) =>
  logger.warn({ ...step, what }, 'tool caught the signal that ends it and went on: its result is dropped');

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const serviceStarts = (logger: Logger, instance: string, slots: number) =>
  logger.info({ instance, slots }, 'agent takes commands');

export const serviceStops = (logger: Logger, signal: string) =>
  logger.info({ signal }, 'agent finishes or hands back what runs');
