import { type LogEvent, limits, type RpcParams, type RpcResults, StepwireError } from '@stepwire/protocol';
import type pg from 'pg';
import { numberingOf } from './batch.ts';
import { parseBody } from './write.ts';

/**
 * What happens in a user's requests, read by position.
 *
 * A page has no gaps: what was pruned is everything up to a point, and a cursor before that point is `cursor_gone`, since
 * something after it is missing. Such a client was away for as long as finished requests are kept.
 */
interface Row {
  user_id: string;
  epoch: string;
  position: number;
  pruned: number;
}

/** events asked of the database for one page; a page ends earlier where its bytes are full */
const PAGE_EVENTS = 1_000;

export class Feeds {
  private readonly pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  /** @throws StepwireError `not_found` where it is somebody else's, `cursor_gone` */
  async page({ caller, userId, after, epoch }: RpcParams['feed']): Promise<RpcResults['feed']> {
    if (!caller.operator && userId !== caller.userId) throw new StepwireError('not_found', 'there is no such feed');
    const numbering = numberingOf(userId);
    const [row] = await this.rows([numbering]);
    const { position: head, pruned } = row ?? { position: 0, pruned: 0 };
    const from = after ?? pruned;
    if (from < pruned) throw new StepwireError('cursor_gone', 'what came after this cursor is no longer kept');
    // nothing has no epoch, and everything comes after it
    if (from > head || (from > 0 && epoch !== undefined && epoch !== row?.epoch)) {
      throw new StepwireError('cursor_gone', 'this cursor is of a history that is no more');
    }
    return { epoch: row?.epoch ?? null, head, after: from, events: await this.events(numbering, from, head) };
  }

  async heads({ userIds }: RpcParams['feedHeads']): Promise<RpcResults['feedHeads']> {
    const rows = await this.rows(userIds.map(numberingOf));
    const byUser = new Map(rows.map((row) => [row.user_id, row]));
    const heads = userIds.map((userId) => {
      const row = byUser.get(numberingOf(userId));
      return { epoch: row?.epoch ?? null, head: row?.position ?? 0 };
    });
    return { heads };
  }

  private async rows(numberings: readonly string[]): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>({
      name: 'numberings',
      text: `SELECT user_id, epoch, position::float8 AS position, pruned::float8 AS pruned
             FROM users WHERE user_id = ANY($1::text[])`,
      values: [numberings],
    });
    return rows;
  }

  /** @throws StepwireError `cursor_gone` where it was pruned just now */
  private async events(numbering: string, after: number, head: number): Promise<LogEvent[]> {
    if (after >= head) return [];
    // the database looks at sizes and hands out no more than the page: bodies that are large are stored apart from their rows
    const { rows } = await this.pool.query<{ position: number; seq: number; body: string }>({
      name: 'feed-page',
      text: `SELECT position::float8 AS position, seq, body FROM (
               SELECT f.position - f.last_seq + e.seq AS position, e.seq, e.body,
                      sum(octet_length(e.body)) OVER (ORDER BY f.position, e.seq) AS bytes
               FROM (SELECT * FROM feed WHERE user_id = $1 AND position > $2 AND position <= $3
                     ORDER BY position LIMIT ${PAGE_EVENTS}) f
               JOIN events e ON e.request_id = f.request_id
                 AND e.seq >= greatest(f.first_seq, f.last_seq - f.position + $2 + 1)::int
                 AND e.seq <= least(f.last_seq, f.last_seq - f.position + $2 + ${PAGE_EVENTS})::int
             ) AS page
             WHERE bytes <= ${limits.pageBytes} OR position = $2 + 1
             ORDER BY page.position`,
      values: [numbering, after, head],
    });
    if (rows[0]?.position !== after + 1)
      throw new StepwireError('cursor_gone', 'what came after this cursor is no longer kept');
    return rows.map(({ seq, body }) => parseBody(body, seq));
  }
}
