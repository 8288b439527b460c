import { setTimeout as delay } from 'node:timers/promises';
import { Broker } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import { StepwireError } from '@stepwire/protocol';
import { confirming, newTally, type Tally } from '../publishes/confirming.ts';
import { lastEvent, numberedEvent } from '../publishes/numbered-event.ts';

/**
 * A publisher in a process of its own, so that its memory can be told from ours: `go` lets it publish as fast as it can,
 * `rest` has what it has begun confirmed. Argument: the broker's URL, then ids of requests.
 */
export type Order = 'go' | 'rest' | 'end';
export interface Rested {
  readonly tally: Tally;
  /** events of each request, all confirmed */
  readonly made: readonly number[];
}

const HANDS = 200;
/** after a refusal each hand repeats it so soon (ms): thousands of tries per second */
const REPEAT_MS = 25;
/** events that go out at full speed; then as many hands go on slowly, so that the log of an experiment stays of a size */
const AT_FULL_SPEED = 1_500;
const SLOWLY_MS = 250;

const [url = '', ...requestIds] = process.argv.slice(2);
const broker = Broker.open({ url, name: 'chaos', logger: createLogger('chaos', 'fatal') });
const made = requestIds.map(() => 0);
const tally = newTally();
const publish = confirming({
  publish: (message) => broker.publish(message),
  tally,
  pauseMs: () => REPEAT_MS,
  isExpected: (error) => error instanceof StepwireError && error.code === 'unavailable',
});
let going = false;
let hands: readonly Promise<void>[] = [];

async function hand(number: number): Promise<void> {
  const which = number % requestIds.length;
  const requestId = requestIds[which] ?? '';
  for (let events = 0; going; events += 1) {
    if (events * HANDS > AT_FULL_SPEED) await delay(SLOWLY_MS);
    const n = (made[which] ?? 0) + 1;
    made[which] = n;
    await publish(numberedEvent(requestId, n));
  }
}

async function carryOut(order: Order): Promise<void> {
  if (order === 'go') {
    going = true;
    hands = Array.from({ length: HANDS }, (_, number) => hand(number));
    return;
  }
  going = false;
  await Promise.all(hands);
  if (order === 'end') for (const [i, id] of requestIds.entries()) await publish(lastEvent(id, made[i] ?? 0));
  process.send?.({ tally, made } satisfies Rested);
}

process.on('message', (order: Order) => void carryOut(order));
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
