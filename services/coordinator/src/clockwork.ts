import type { TimerRef } from '@stepwire/run-model';
import type pg from 'pg';
import type { Write } from './write.ts';

/**
 * What happens because time passes: timers that are due, requests that fell silent, history that is too old.
 * Every replica looks; the row locks see to it that each thing happens once.
 */
export interface ClockworkOptions {
  readonly pool: pg.Pool;
  readonly submit: (writes: Write[]) => Promise<unknown>;
  readonly leaseMs: number;
  readonly stallAfterMs: number;
  readonly abandonAfterMs: number;
  /** removes some of what is too old; answers whether there may be more */
  readonly prune: () => Promise<boolean>;
  readonly onFailure: (error: unknown, what: string) => void;
}

/** how often timers of other replicas and of dead ones are looked for (ms) */
const LOOK_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 60 * 60_000;
const TIMERS_AT_ONCE = 500;
const REQUESTS_AT_ONCE = 100;

export class Clockwork {
  private readonly options: ClockworkOptions;
  private stopped = false;
  private wake: (() => void) | undefined;
  private looping: Promise<void> | undefined;
  /** before this no lease expires (ms of the monotonic clock): executors first get the chance to be heard of */
  private leasesHoldUntil = 0;
  private nextSilenceLook = 0;
  private nextPrune = 0;

  constructor(options: ClockworkOptions) {
    this.options = options;
  }

  start(): void {
    this.holdLeases();
    this.nextPrune = performance.now() + PRUNE_EVERY_MS;
    this.looping = this.loop();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.looping;
  }

  /** After a start or an outage of broker or database: for one period silence says nothing about an executor. */
  holdLeases(): void {
    this.leasesHoldUntil = performance.now() + this.options.leaseMs;
  }

  /** A timer was set, due in `inMs`: that may be before the next look. */
  timerSet(inMs: number): void {
    if (inMs < LOOK_EVERY_MS) this.wake?.();
  }

  private async loop(): Promise<void> {
    while (!this.stopped) {
      const waitMs = await this.look().catch((error: unknown) => {
        this.options.onFailure(error, 'timers');
        this.holdLeases();
        return LOOK_EVERY_MS;
      });
      if (waitMs > 0 && !this.stopped) {
        await new Promise<void>((resolve) => {
          const timeout = setTimeout(resolve, waitMs);
          this.wake = () => {
            clearTimeout(timeout);
            resolve();
          };
        });
        this.wake = undefined;
      }
    }
  }

  /** One round. Answers how long to wait for the next, in ms. */
  private async look(): Promise<number> {
    const now = performance.now();
    const due = await this.dueTimers(now < this.leasesHoldUntil);
    const ready = due.filter((timer) => timer.inMs <= 0);
    if (ready.length > 0)
      await this.options.submit(ready.map(({ requestId, timer }) => ({ kind: 'timer', requestId, timer })));
    if (now >= this.nextSilenceLook) {
      this.nextSilenceLook = now + this.options.stallAfterMs / 12;
      await this.findSilent();
    }
    if (now >= this.nextPrune) {
      this.nextPrune = (await this.options.prune()) ? now : now + PRUNE_EVERY_MS;
    }
    if (ready.length === TIMERS_AT_ONCE) return 0;
    const next = due.find((timer) => timer.inMs > 0)?.inMs ?? LOOK_EVERY_MS;
    return Math.ceil(Math.min(next, LOOK_EVERY_MS));
  }

  private async dueTimers(withoutLeases: boolean): Promise<{ requestId: string; timer: TimerRef; inMs: number }[]> {
    const { rows } = await this.options.pool.query<{
      request_id: string;
      kind: TimerRef['kind'];
      key: string;
      attempt: number;
      in_ms: number;
    }>({
      name: 'due-timers',
      text: `SELECT request_id, kind, key, attempt,
                    (extract(epoch FROM due_at - clock_timestamp()) * 1000)::float8 AS in_ms
             FROM timers
             WHERE due_at <= clock_timestamp() + ${LOOK_EVERY_MS} * interval '1 ms' AND ($1 OR kind <> 'lease')
             ORDER BY due_at LIMIT ${TIMERS_AT_ONCE}`,
      values: [!withoutLeases],
    });
    return rows.map(({ request_id, kind, key, attempt, in_ms }) => ({
      requestId: request_id,
      timer: { kind, key, attempt },
      inMs: in_ms,
    }));
  }

  private async findSilent(): Promise<void> {
    const { rows } = await this.options.pool.query<{ request_id: string }>({
      name: 'silent-requests',
      text: `SELECT r.request_id FROM requests r
             WHERE r.finished_at IS NULL AND r.seq > 0 AND (
               (NOT r.stalled AND r.status NOT IN ('waiting', 'cancelling')
                 AND r.updated_at < clock_timestamp() - $1 * interval '1 ms'
                 AND NOT EXISTS (SELECT FROM timers t WHERE t.request_id = r.request_id AND t.kind IN ('lease', 'retry')))
               OR (NOT r.managed AND r.updated_at < clock_timestamp() - $2 * interval '1 ms'))
             LIMIT ${REQUESTS_AT_ONCE}`,
      values: [this.options.stallAfterMs, this.options.abandonAfterMs],
    });
    if (rows.length > 0) await this.options.submit(rows.map((row) => ({ kind: 'silence', requestId: row.request_id })));
  }
}
