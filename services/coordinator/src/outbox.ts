import type { PublishMessage } from '@stepwire/messaging';
import { StepwireError } from '@stepwire/protocol';
import type pg from 'pg';
import type { LetterProperties } from './dead-letter.ts';
import { letterProperties } from './dead-letters.ts';
import { OUTBOX_COLUMNS, type OutboxRow, outboxRow, type StoredOutboxRow } from './statements.ts';

/**
 * Relays committed commands, and dead letters that are tried again, with confirms, then deletes them. At least once: a
 * crash between the two sends one again, and claims, attempts and ids make that harmless.
 *
 * Fresh rows come straight from the commit; a sweep finds those that a dead coordinator or an absent broker left behind.
 *
 * A command that no queue takes is for an agent that is away (those of outside agents last as long as their connection). It
 * is tried again for as long as its request goes on; who comes back hears the answer to what they asked.
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
  /** the last row of the sweep before: rows that no queue takes must not keep a sweep from those after them */
  private sweptTo = 0;

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

  relay(rows: readonly OutboxRow[], again = false): void {
    const fresh = rows.filter((row) => !this.underWay.has(row.id));
    if (fresh.length === 0) return;
    for (const { id } of fresh) this.underWay.add(id);
    const relay = this.relayAll(fresh, again).finally(() => {
      for (const { id } of fresh) this.underWay.delete(id);
      this.relays.delete(relay);
    });
    this.relays.add(relay);
  }

  private async relayAll(rows: readonly OutboxRow[], again: boolean): Promise<void> {
    const done: number[] = [];
    const unheard: OutboxRow[] = [];
    await Promise.all(
      rows.map(async (row) => {
        const { id, exchange, routingKey, body, properties } = row;
        try {
          await this.options.publish({ exchange, routingKey, body, ...propertiesOf(id, properties) });
          done.push(id);
        } catch (error) {
          // the row stays, the sweep sends it again
          const nobody = error instanceof StepwireError && error.code === 'conflict';
          if (nobody && properties === null) unheard.push(row);
          if (!(nobody && again)) this.options.onFailure(error, routingKey);
        }
      }),
    );
    try {
      if (unheard.length > 0) done.push(...(await this.outlived(unheard)));
      if (done.length === 0) return;
      const text = 'DELETE FROM outbox WHERE id = ANY($1::bigint[])';
      await this.options.pool.query({ name: 'outbox-done', text, values: [done] });
    } catch (error) {
      this.options.onFailure(error, 'outbox');
    }
  }

  /** @returns the ids of those whose request has ended, or is kept no longer */
  private async outlived(rows: readonly OutboxRow[]): Promise<number[]> {
    const requestOf = new Map(rows.map(({ id, body }) => [id, String(Object(JSON.parse(body)).requestId)]));
    const { rows: going } = await this.options.pool.query<{ request_id: string }>({
      name: 'outbox-going-on',
      text: 'SELECT request_id FROM requests WHERE request_id = ANY($1::text[]) AND finished_at IS NULL',
      values: [[...new Set(requestOf.values())]],
    });
    const goesOn = new Set(going.map(({ request_id }) => request_id));
    return [...requestOf].flatMap(([id, requestId]) => (goesOn.has(requestId) ? [] : [id]));
  }

  private async sweepOnce(olderThanMs: number): Promise<void> {
    try {
      const { rows } = await this.options.pool.query<StoredOutboxRow>({
        name: 'outbox-sweep',
        text: `SELECT ${OUTBOX_COLUMNS} FROM outbox
               WHERE id > $2 AND created_at <= clock_timestamp() - $1 * interval '1 ms'
               ORDER BY id LIMIT ${SWEEP_ROWS}`,
        values: [olderThanMs, this.sweptTo],
      });
      this.sweptTo = rows.length < SWEEP_ROWS ? 0 : Number(rows.at(-1)?.id);
      this.relay(rows.map(outboxRow), true);
    } catch (error) {
      this.options.onFailure(error, 'outbox');
    }
  }
}

/** A command is named by its row; a dead letter goes out again as it came, so that it is the same event as before. */
const propertiesOf = (id: number, properties: string | null): LetterProperties =>
  properties === null ? { messageId: `outbox-${id}` } : letterProperties(properties);
