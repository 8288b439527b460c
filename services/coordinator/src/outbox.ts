import type { PublishMessage } from '@stepwire/messaging';
import type pg from 'pg';
import type { LetterProperties } from './dead-letter.ts';
import { letterProperties } from './dead-letters.ts';
import { OUTBOX_COLUMNS, type OutboxRow, outboxRow, type StoredOutboxRow } from './statements.ts';

/**
 * Relays committed commands, and dead letters that are tried again, with confirms, then deletes them. At least once: a
 * crash between the two sends one again, and claims, attempts and ids make that harmless.
 *
 * Fresh rows come straight from the commit; a sweep finds those that a dead coordinator or an absent broker left behind.
 */
export interface OutboxOptions {
  readonly pool: pg.Pool;
  /** resolves when the broker has the message; rejects otherwise */
  readonly publish: (message: PublishMessage) => Promise<void>;
  readonly onFailure: (error: unknown, routingKey: string) => void;
}

const SWEEP_EVERY_MS = 2_000;
/** rows younger than this are still with the coordinator that wrote them */
const SWEEP_OLDER_THAN_MS = 3_000;
const SWEEP_ROWS = 500;

export class Outbox {
  private readonly options: OutboxOptions;
  private readonly underWay = new Set<number>();
  private readonly relays = new Set<Promise<void>>();
  private sweep: NodeJS.Timeout | undefined;

  constructor(options: OutboxOptions) {
    this.options = options;
  }

  start(): void {
    const next = (olderThanMs: number) => {
      this.sweep = setTimeout(
        async () => {
          await this.sweepOnce(olderThanMs);
          if (this.sweep !== undefined) next(SWEEP_OLDER_THAN_MS);
        },
        olderThanMs === 0 ? 0 : SWEEP_EVERY_MS,
      );
    };
    next(0);
  }

  /** Stops sweeping and waits for what is under way. */
  async stop(): Promise<void> {
    clearTimeout(this.sweep);
    this.sweep = undefined;
    await Promise.all(this.relays);
  }

  relay(rows: readonly OutboxRow[]): void {
    const fresh = rows.filter((row) => !this.underWay.has(row.id));
    if (fresh.length === 0) return;
    for (const { id } of fresh) this.underWay.add(id);
    const relay = this.relayAll(fresh).finally(() => {
      for (const { id } of fresh) this.underWay.delete(id);
      this.relays.delete(relay);
    });
    this.relays.add(relay);
  }

  private async relayAll(rows: readonly OutboxRow[]): Promise<void> {
    const sent = await Promise.all(
      rows.map(async ({ id, exchange, routingKey, body, properties }) => {
        try {
          await this.options.publish({ exchange, routingKey, body, ...propertiesOf(id, properties) });
          return id;
        } catch (error) {
          // the row stays, the sweep sends it again
          this.options.onFailure(error, routingKey);
          return undefined;
        }
      }),
    );
    const done = sent.filter((id) => id !== undefined);
    if (done.length === 0) return;
    await this.options.pool
      .query({ name: 'outbox-done', text: 'DELETE FROM outbox WHERE id = ANY($1::bigint[])', values: [done] })
      .catch((error: unknown) => this.options.onFailure(error, 'outbox'));
  }

  private async sweepOnce(olderThanMs: number): Promise<void> {
    try {
      const { rows } = await this.options.pool.query<StoredOutboxRow>({
        name: 'outbox-sweep',
        text: `SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE created_at <= clock_timestamp() - $1 * interval '1 ms'
               ORDER BY id LIMIT ${SWEEP_ROWS}`,
        values: [olderThanMs],
      });
      this.relay(rows.map(outboxRow));
    } catch (error) {
      this.options.onFailure(error, 'outbox');
    }
  }
}

/** A command is named by its row; a dead letter goes out again as it came, so that it is the same event as before. */
const propertiesOf = (id: number, properties: string | null): LetterProperties =>
  properties === null ? { messageId: `outbox-${id}` } : letterProperties(properties);
