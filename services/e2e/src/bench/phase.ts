import { setTimeout as delay } from 'node:timers/promises';
import { now } from './clock.ts';
import type { Load } from './load.ts';
import type { Span } from './profile-summary.ts';
import type { Pace } from './publisher.ts';
import type { Rig, System } from './systems.ts';
import type { Latency } from './watcher.ts';

/** What one system did in one phase. */
export interface PhaseResult {
  readonly system: System['name'];
  readonly phase: string;
  /** the measured part */
  readonly span: Span;
  /** deliveries to a callback, over the measured part */
  readonly perSecond: number;
  /** ms from publishing to the callback */
  readonly latencyMs: Latency;
  /** CPU µs per delivery, by process */
  readonly cpuUs: Readonly<Record<string, number>>;
}

export interface Timing {
  /** before it is measured: connections, just-in-time compilation, the flood's window */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Events were lost, doubled or disordered, or nothing moves. The message is for a person. */
export class Incorrect extends Error {}

const JOIN_WITHIN_MS = 60_000;
const MOVES_WITHIN_MS = 15_000;

/**
 * Publishes at one pace to one system and measures the part after the warm-up. Every event that was published must come,
 * once and in order.
 * @param onDelivered hears the number of deliveries as it rises
 * @throws Incorrect
 */
export async function runPhase(
  rig: Rig,
  system: System,
  load: Load,
  phase: string,
  pace: Pace,
  timing: Timing,
  onDelivered: (count: number) => void = () => undefined,
): Promise<PhaseResult> {
  const { publisher, watcher } = rig;
  let delivered = 0;
  let movedAt = now();
  const { url, numbered, exchange } = system;
  await within(
    JOIN_WITHIN_MS,
    watcher.ask({ kind: 'watch', url, load, numbered }, 'watching'),
    `${system.name}: watchers got no state`,
  );
  watcher.listen((report) => {
    if (report.kind !== 'delivered') return;
    delivered = report.count;
    movedAt = now();
    publisher.tell({ kind: 'delivered', count: delivered });
    onDelivered(delivered);
  });
  const published = publisher.ask({ kind: 'publish', exchange, load, pace }, 'published');

  await delay(timing.warmUpMs);
  const before = rig.cpu(system);
  const from = now();
  // With a limit the end is when all is delivered; otherwise the time is.
  const end = pace.limit === undefined ? delay(timing.measureMs) : published;
  while ((await Promise.race([end.then(() => 'ended'), delay(1_000, 'not yet')])) === 'not yet') {
    if (now() - movedAt > MOVES_WITHIN_MS) break;
  }
  const until = now();
  const after = rig.cpu(system);

  publisher.tell({ kind: 'stop' });
  const { count } = await within(MOVES_WITHIN_MS, published, `${system.name}: the broker confirms nothing`);
  movedAt = now();
  while (delivered < count && now() - movedAt < MOVES_WITHIN_MS) await delay(20);
  const { deliveries, latency, faults } = await watcher.ask({ kind: 'tell', from, until }, 'told');
  await watcher.ask({ kind: 'leave' }, 'left');
  if (delivered !== count || faults.length > 0) {
    throw new Incorrect(`${system.name}, ${phase}: ${count} published, ${delivered} delivered. ${faults.join('; ')}`);
  }
  return {
    system: system.name,
    phase,
    span: { from, until },
    perSecond: deliveries / ((until - from) / 1000),
    latencyMs: latency,
    cpuUs: Object.fromEntries(
      Object.entries(after).map(([name, s]) => [name, ((s - (before[name] ?? 0)) / deliveries) * 1e6]),
    ),
  };
}

/** @throws Incorrect after `ms` */
async function within<T>(ms: number, work: Promise<T>, complaint: string): Promise<T> {
  const giveUp = new AbortController();
  const late = delay(ms, undefined, { signal: giveUp.signal }).then(() => {
    throw new Incorrect(`${complaint} within ${ms / 1000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    giveUp.abort();
    // an abandoned wait ends with an AbortError that means nothing
    late.catch(() => undefined);
  }
}
