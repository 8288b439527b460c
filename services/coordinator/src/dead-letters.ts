import type { Delivery } from '@stepwire/messaging';
import { type DeadLetter, limits, type RpcParams, type RpcResults, StepwireError } from '@stepwire/protocol';
import type pg from 'pg';
import { columnText } from './batch.ts';
import { type Letter, type LetterProperties, letterOf } from './dead-letter.ts';
import { decodeKeyset, encodeKeyset } from './keyset-cursor.ts';
import { OUTBOX_COLUMNS, type OutboxRow, outboxRow, type StoredOutboxRow } from './statements.ts';

/**
 * Dead letters to look at, to try again and to throw away. A queue can't be looked into without taking from it, so what is in
 * `agent.dead-letters` is put into a table, and acknowledged when that is committed.
 *
 * 1. Equal messages (exchange, routing key, messageId, body) are one letter with a count, so that a publisher that repeats itself
 *    does not fill the table, and one that is delivered to us twice counts once.
 * 2. A retry takes the letter out and puts the message into the outbox, in one statement: it is in one of the two, or was
 *    published. Where it dies again, it comes back under the same id, with a count of its own.
 * 3. The newest are kept: {@link DeadLettersOptions.keepCount} of them, for {@link DeadLettersOptions.keepDays}.
 */
export interface DeadLettersOptions {
  readonly pool: pg.Pool;
  /** publishes rows that are in the outbox */
  readonly relay: (rows: readonly OutboxRow[]) => void;
  readonly keepDays: number;
  readonly keepCount: number;
}

interface Row {
  dead_letter_id: string;
  reason: string;
  exchange: string;
  routing_key: string;
  properties: string;
  body: string;
  bytes: number;
  cut: boolean;
  count: number;
  at: Date;
}

/** letters put in between two looks at how many there are */
const PRUNE_EVERY = 1_000;
/** a retry publishes a letter as often as it came, and no oftener than this */
const MAX_COPIES = 1_000;

export class DeadLetters {
  private readonly options: DeadLettersOptions;
  private sincePruned = 0;

  constructor(options: DeadLettersOptions) {
    this.options = options;
  }

  /** @throws where the database can't be reached: the batch has to come again */
  async take(batch: readonly Delivery[]): Promise<void> {
    // the same one twice in a batch is one row, and a statement may touch a row once
    const letters = new Map<string, Letter & { fresh: number }>();
    for (const delivery of batch) {
      const letter = letterOf(delivery);
      const fresh = (letters.get(letter.id)?.fresh ?? 0) + (delivery.redelivered ? 0 : 1);
      letters.set(letter.id, { ...letter, fresh });
    }
    // in one order, so that two coordinators don't wait for one another in a circle
    const rows = [...letters.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    await this.options.pool.query({
      name: 'put-dead-letters',
      // delivered before and not in the table: it came once
      text: `INSERT INTO dead_letters AS d
               (dead_letter_id, reason, exchange, routing_key, properties, body, bytes, cut, count)
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[],
                                  $8::bool[], $9::int[])
             ON CONFLICT (dead_letter_id) DO UPDATE
             SET reason = excluded.reason, count = d.count + excluded.count, at = clock_timestamp()`,
      values: [
        rows.map((row) => row.id),
        rows.map((row) => columnText(row.reason)),
        rows.map((row) => row.exchange),
        rows.map((row) => columnText(row.routingKey)),
        rows.map((row) => row.properties),
        rows.map((row) => columnText(row.body)),
        rows.map((row) => row.bytes),
        rows.map((row) => row.cut),
        rows.map((row) => row.fresh),
      ],
    });
    this.sincePruned += rows.length;
    if (this.sincePruned >= PRUNE_EVERY) await this.prune();
  }

  /** @throws StepwireError `not_found` for who is no operator, `bad_cursor` */
  async list({ caller, limit, cursor }: RpcParams['deadLetters']): Promise<RpcResults['deadLetters']> {
    requireOperator(caller);
    const mark = cursor === undefined ? undefined : decodeKeyset(cursor);
    const { rows } = await this.options.pool.query<Row>(
      `SELECT dead_letter_id, reason, exchange, routing_key, properties, left(body, ${limits.deadLetterBodyChars}) AS body,
              bytes, cut, greatest(count, 1) AS count, at
       FROM dead_letters ${mark === undefined ? '' : 'WHERE (at, dead_letter_id) < ($2, $3)'}
       ORDER BY at DESC, dead_letter_id DESC LIMIT $1`,
      [limit + 1, ...(mark === undefined ? [] : [mark.at, mark.id])],
    );
    const counted = await this.options.pool.query<{ total: number }>(
      'SELECT coalesce(sum(greatest(count, 1)), 0)::float8 AS total FROM dead_letters',
    );
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      deadLetters: page.map(deadLetterOf),
      total: counted.rows[0]?.total ?? 0,
      cursor: last === undefined ? null : encodeKeyset({ at: last.at, id: last.dead_letter_id }),
    };
  }

  /** @throws StepwireError `not_found`, `conflict` where the body was not kept whole */
  async retry({ caller, deadLetterId }: RpcParams['retryDeadLetter']): Promise<RpcResults['retryDeadLetter']> {
    requireOperator(caller);
    const { rows } = await this.options.pool.query<StoredOutboxRow>({
      name: 'retry-dead-letter',
      text: `WITH taken AS (DELETE FROM dead_letters WHERE dead_letter_id = $1 AND NOT cut RETURNING *)
             INSERT INTO outbox (exchange, routing_key, body, properties)
             SELECT exchange, routing_key, body, properties
             FROM taken, generate_series(1, least(greatest(count, 1), ${MAX_COPIES}))
             RETURNING ${OUTBOX_COLUMNS}`,
      values: [deadLetterId],
    });
    if (rows.length === 0) {
      const { rowCount } = await this.options.pool.query('SELECT FROM dead_letters WHERE dead_letter_id = $1', [
        deadLetterId,
      ]);
      if (rowCount === 0) throw unknown(deadLetterId);
      throw new StepwireError('conflict', 'its body was too large to be kept whole: it can only be discarded');
    }
    this.options.relay(rows.map(outboxRow));
    return {};
  }

  /** @throws StepwireError `not_found` */
  async discard({ caller, deadLetterId }: RpcParams['discardDeadLetter']): Promise<RpcResults['discardDeadLetter']> {
    requireOperator(caller);
    const { rowCount } = await this.options.pool.query('DELETE FROM dead_letters WHERE dead_letter_id = $1', [
      deadLetterId,
    ]);
    if (rowCount === 0) throw unknown(deadLetterId);
    return {};
  }

  /** Removes what is too old or too many. */
  async prune(): Promise<void> {
    this.sincePruned = 0;
    await this.options.pool.query(
      `DELETE FROM dead_letters
       WHERE at < clock_timestamp() - $1 * interval '1 day'
          OR (at, dead_letter_id) <= (SELECT at, dead_letter_id FROM dead_letters
                                      ORDER BY at DESC, dead_letter_id DESC OFFSET $2 LIMIT 1)`,
      [this.options.keepDays, this.options.keepCount],
    );
  }
}

function requireOperator({ operator }: RpcParams['deadLetters']['caller']): void {
  if (!operator) throw new StepwireError('not_found', 'dead letters are for operators');
}

const unknown = (id: string): StepwireError => new StepwireError('not_found', `there is no dead letter ${id}`);

/** What {@link letterOf} wrote. */
export const letterProperties = (json: string): LetterProperties => JSON.parse(json) as LetterProperties;

function deadLetterOf({ dead_letter_id, routing_key, properties, cut, at, ...row }: Row): DeadLetter {
  const { messageId = null, appId = null } = letterProperties(properties);
  return {
    ...row,
    deadLetterId: dead_letter_id,
    routingKey: routing_key,
    messageId,
    appId,
    retryable: !cut,
    at: at.toISOString(),
  };
}
