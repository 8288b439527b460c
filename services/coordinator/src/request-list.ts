import type { RequestRow, RpcParams, RpcResults } from '@stepwire/protocol';
import type pg from 'pg';
import { decodeKeyset, encodeKeyset } from './keyset-cursor.ts';

/**
 * A user's requests, or for operators all, newest first.
 *
 * Owner, time and cursor are looked up by index; status and text are looked for among {@link LOOK_THROUGH} rows and no more, so
 * that no question costs more than that. Such a page may be short and yet go on at its cursor.
 */
interface Row {
  request_id: string;
  user_id: string | null;
  user_query: string | null;
  status: RequestRow['status'];
  progress: number;
  current_stage: string;
  created_at: Date;
  updated_at: Date;
  finished_at: Date | null;
  seq: number;
}

/** rows that one page looks through */
const LOOK_THROUGH = 2_000;

export class RequestList {
  private readonly pool: pg.Pool;
  private readonly lookThrough: number;

  /** @param lookThrough tests make it small */
  constructor(pool: pg.Pool, lookThrough = LOOK_THROUGH) {
    this.pool = pool;
    this.lookThrough = lookThrough;
  }

  /** @throws StepwireError `bad_cursor` */
  async page({ caller, status, q, from, to, limit, cursor }: RpcParams['list']): Promise<RpcResults['list']> {
    const values: unknown[] = [];
    const $ = (value: unknown): string => `$${values.push(value)}`;
    const among = ['seq > 0'];
    if (!caller.operator) among.push(`user_id = ${$(caller.userId)}`);
    if (from !== undefined) among.push(`created_at >= ${$(new Date(from))}`);
    if (to !== undefined) among.push(`created_at < ${$(new Date(to))}`);
    if (cursor !== undefined) {
      const { at, id } = decodeKeyset(cursor);
      among.push(`(created_at, request_id) < (${$(at)}, ${$(id)})`);
    }
    const wanted = ['true'];
    if (status !== undefined) wanted.push(`status = ANY(${$(status)}::text[])`);
    if (q !== undefined) wanted.push(`strpos(lower(user_query), lower(${$(q)})) > 0`);
    const { rows } = await this.pool.query<Row & { wanted: boolean | null }>(
      `WITH looked AS MATERIALIZED (
         SELECT request_id, user_id, user_query, status, progress, current_stage, created_at, updated_at, finished_at, seq
         FROM requests WHERE ${among.join(' AND ')}
         ORDER BY created_at DESC, request_id DESC LIMIT ${this.lookThrough}
       ), found AS (SELECT *, true AS wanted FROM looked WHERE ${wanted.join(' AND ')} LIMIT ${limit + 1})
       SELECT * FROM found
       UNION ALL (SELECT *, false FROM looked OFFSET ${this.lookThrough - 1})`,
      values,
    );
    const found = rows.filter((row) => row.wanted);
    const page = found.slice(0, limit);
    // where more were found, after the last one shown; else after the last one looked at, where there may be more
    const last = found.length > limit ? page.at(-1) : rows.find((row) => !row.wanted);
    return {
      requests: page.map(requestRow),
      cursor: last === undefined ? null : encodeKeyset({ at: last.created_at, id: last.request_id }),
    };
  }
}

const requestRow = (row: Row): RequestRow => ({
  requestId: row.request_id,
  userId: row.user_id,
  userQuery: row.user_query,
  status: row.status,
  progress: row.progress,
  currentStage: row.current_stage,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  finishedAt: row.finished_at?.toISOString() ?? null,
  seq: row.seq,
});
