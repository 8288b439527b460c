import { setTimeout as delay } from 'node:timers/promises';
import type { PublishMessage } from '@stepwire/messaging';

/** How publishes settled. */
export interface Tally {
  confirmed: number;
  rejected: number;
  /** the longest until it settled, either way */
  longestMs: number;
  longestRejectionMs: number;
  /** rejections that nobody expects, in words */
  readonly wrong: string[];
}

export const newTally = (): Tally => ({ confirmed: 0, rejected: 0, longestMs: 0, longestRejectionMs: 0, wrong: [] });

interface ConfirmingOptions {
  readonly publish: (message: PublishMessage) => Promise<void>;
  readonly tally: Tally;
  readonly pauseMs: () => number;
  readonly isExpected: (error: unknown) => boolean;
}

/** Publishes under one id until it is confirmed. */
export function confirming({ publish, tally, pauseMs, isExpected }: ConfirmingOptions) {
  return async (message: PublishMessage): Promise<void> => {
    for (;;) {
      const startedAt = performance.now();
      const error: unknown = await publish(message).then(
        () => undefined,
        (reason: unknown) => reason ?? new Error('rejected without a reason'),
      );
      const tookMs = performance.now() - startedAt;
      tally.longestMs = Math.max(tally.longestMs, tookMs);
      if (error === undefined) {
        tally.confirmed += 1;
        return;
      }
      tally.rejected += 1;
      tally.longestRejectionMs = Math.max(tally.longestRejectionMs, tookMs);
      if (!isExpected(error)) tally.wrong.push(`${message.messageId} was rejected with ${error}`);
      await delay(pauseMs());
    }
  };
}
