import { type LogEvent, limits, type RpcParams, type RpcResults, StepwireError, type Viewer } from '@stepwire/protocol';
import { mayWatch, type RunState } from '@stepwire/run-model';
import type pg from 'pg';
import type { Head } from './batch.ts';
import { parseBody } from './write.ts';
import { loadStates } from './writer.ts';

/**
 * What gateways read. History only grows, so a state and the events after it, read one after the other, always fit.
 * Everything here is committed: the writer's heads change only after the commit.
 */
interface Row {
  request_id: string;
  epoch: string;
  user_id: string | null;
  seq: number;
  finished: boolean;
}

/** events asked of the database for one page; a page ends earlier where its bytes are full */
const PAGE_EVENTS = 1_000;

export class Reads {
  private readonly pool: pg.Pool;
  private readonly cached: (requestId: string) => Head | undefined;
  private readonly isValidShare: (shareId: string, requestId: string) => Promise<boolean>;

  constructor(
    pool: pg.Pool,
    cached: (requestId: string) => Head | undefined,
    isValidShare: (shareId: string, requestId: string) => Promise<boolean>,
  ) {
    this.pool = pool;
    this.cached = cached;
    this.isValidShare = isValidShare;
  }

  async snapshot({ requestId, caller, since, epoch }: RpcParams['snapshot']): Promise<RpcResults['snapshot']> {
    const row = await this.find(requestId, caller);
    if (row === undefined) return { known: false };
    const state = await this.stateAt(row);
    const answer = { known: true, epoch: row.epoch, userId: row.user_id, state: { ...state } } as const;
    if (since === undefined) return answer;
    if (since > state.seq || (epoch !== undefined && epoch !== row.epoch)) return { ...answer, reset: true };
    return { ...answer, missed: await this.page(requestId, since, state.seq) };
  }

  /** @throws StepwireError `not_found` */
  async events({ requestId, caller, after, until }: RpcParams['events']): Promise<RpcResults['events']> {
    const row = await this.find(requestId, caller);
    if (row === undefined) throw new StepwireError('not_found', `there is no request ${requestId}`);
    return {
      epoch: row.epoch,
      head: row.seq,
      events: await this.page(requestId, after, Math.min(until ?? row.seq, row.seq)),
    };
  }

  async heads({ requestIds }: RpcParams['heads']): Promise<RpcResults['heads']> {
    const rows = await this.rows(requestIds);
    return Object.fromEntries(
      rows.map(({ request_id, seq, epoch, finished }) => [request_id, { seq, epoch, finished }]),
    );
  }

  /** undefined: there is none, or the viewer may not watch it: the same answer */
  private async find(requestId: string, viewer: Viewer): Promise<Row | undefined> {
    const [row] = await this.rows([requestId]);
    if (row === undefined || !mayWatch({ requestId, userId: row.user_id }, viewer)) return undefined;
    if ('shareId' in viewer && !(await this.isValidShare(viewer.shareId, requestId))) return undefined;
    return row;
  }

  private async rows(ids: readonly string[]): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>({
      name: 'heads',
      text: `SELECT request_id, epoch, user_id, seq, finished_at IS NOT NULL AS finished
             FROM requests WHERE request_id = ANY($1::text[]) AND seq > 0`,
      values: [ids],
    });
    return rows;
  }

  private async stateAt(row: Row): Promise<RunState> {
    const cached = this.cached(row.request_id);
    if (cached !== undefined && cached.epoch === row.epoch && cached.state.seq >= row.seq) return cached.state;
    const state = (await loadStates(this.pool, [row.request_id])).get(row.request_id);
    if (state === undefined) throw new StepwireError('not_found', `there is no request ${row.request_id}`);
    return state;
  }

  /** Events after `after` up to `until`, as many as fit {@link limits.pageBytes}, at least one if there is one. */
  private async page(requestId: string, after: number, until: number): Promise<LogEvent[]> {
    if (after >= until) return [];
    // the database looks at sizes and hands out no more than the page: bodies that are large are stored apart from their rows
    const { rows } = await this.pool.query<{ seq: number; body: string }>({
      name: 'page',
      text: `SELECT seq, body FROM (
               SELECT seq, body, sum(octet_length(body)) OVER (ORDER BY seq) AS bytes FROM events
               WHERE request_id = $1 AND seq > $2 AND seq <= least($3, $2 + ${PAGE_EVENTS})
             ) AS page
             WHERE bytes <= ${limits.pageBytes} OR seq = $2 + 1
             ORDER BY page.seq`,
      values: [requestId, after, until],
    });
    return rows.map(({ seq, body }) => parseBody(body, seq));
  }
}
