import { createHash, randomBytes } from 'node:crypto';
import { limits, type RpcParams, type RpcResults, type Share, StepwireError } from '@stepwire/protocol';
import { mayWatch } from '@stepwire/run-model';
import type pg from 'pg';

/**
 * Links that let others watch one request: they expire, and they can be taken back, which is why they are kept here and a
 * signature alone won't do.
 */
interface Row {
  share_id: string;
  request_id: string;
  expires_at: Date;
}

export class Shares {
  private readonly pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  /**
   * @param commandId a repeat with the same one gets the same share
   * @throws StepwireError `not_found`, `bad_request` where it would have expired already, `conflict`
   */
  async share(
    { requestId, caller, expiresAt }: RpcParams['share'],
    commandId: string | undefined,
  ): Promise<RpcResults['share']> {
    const until = new Date(expiresAt);
    if (!(until.getTime() > Date.now())) {
      throw new StepwireError('bad_request', 'share: /expiresAt has passed', { path: '/expiresAt' });
    }
    const known = await this.requireOwn(requestId, caller);
    const shareId = commandId === undefined ? newId() : idOf(requestId, caller.userId, commandId);
    const repeated = known.find((share) => share.shareId === shareId);
    if (repeated === undefined && known.length >= limits.sharesPerRequest) {
      throw new StepwireError('conflict', `${requestId} has ${limits.sharesPerRequest} shares already`);
    }
    const { rows } = await this.pool.query<Row>({
      name: 'share',
      text: `INSERT INTO shares (share_id, request_id, expires_at)
             SELECT $1, request_id, $3 FROM requests WHERE request_id = $2
             ON CONFLICT (share_id) DO UPDATE SET request_id = shares.request_id
             RETURNING share_id, request_id, expires_at`,
      values: [shareId, requestId, until],
    });
    const [row] = rows;
    if (row === undefined) throw unknown(requestId);
    if (row.expires_at.getTime() !== until.getTime()) {
      throw new StepwireError('conflict', `this share was made before, to expire at ${row.expires_at.toISOString()}`);
    }
    return shareOf(row);
  }

  /** @throws StepwireError `not_found` */
  async unshare({ requestId, caller, shareId }: RpcParams['unshare']): Promise<RpcResults['unshare']> {
    await this.requireOwn(requestId, caller);
    const { rowCount } = await this.pool.query({
      name: 'unshare',
      text: 'DELETE FROM shares WHERE share_id = $1 AND request_id = $2',
      values: [shareId, requestId],
    });
    if (rowCount === 0) throw new StepwireError('not_found', `${requestId} has no share ${shareId}`);
    return {};
  }

  /** @throws StepwireError `not_found` */
  async list({ requestId, caller }: RpcParams['shares']): Promise<RpcResults['shares']> {
    return { shares: await this.requireOwn(requestId, caller) };
  }

  async valid({ shareIds }: RpcParams['validShares']): Promise<RpcResults['validShares']> {
    const { rows } = await this.pool.query<{ share_id: string }>({
      name: 'valid-shares',
      text: `SELECT share_id FROM shares
             WHERE share_id = ANY($1::text[]) AND expires_at > clock_timestamp()`,
      values: [shareIds],
    });
    return { shareIds: rows.map((row) => row.share_id) };
  }

  async isValid(shareId: string, requestId: string): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'is-valid-share',
      text: 'SELECT FROM shares WHERE share_id = $1 AND request_id = $2 AND expires_at > clock_timestamp()',
      values: [shareId, requestId],
    });
    return rowCount === 1;
  }

  /** Its valid shares. @throws StepwireError `not_found` where it is unknown, or somebody else's */
  private async requireOwn(requestId: string, caller: RpcParams['shares']['caller']): Promise<Share[]> {
    const { rows } = await this.pool.query<{ user_id: string | null } & (Row | { share_id: null })>({
      name: 'shares-of-request',
      text: `SELECT r.user_id, s.share_id, s.request_id, s.expires_at
             FROM requests r LEFT JOIN shares s ON s.request_id = r.request_id AND s.expires_at > clock_timestamp()
             WHERE r.request_id = $1 AND r.seq > 0 ORDER BY s.expires_at, s.share_id`,
      values: [requestId],
    });
    const [first] = rows;
    if (first === undefined || !mayWatch({ userId: first.user_id }, caller)) throw unknown(requestId);
    return rows.flatMap((row) => (row.share_id === null ? [] : [shareOf(row)]));
  }
}

const shareOf = ({ share_id, request_id, expires_at }: Row): Share => ({
  shareId: share_id,
  requestId: request_id,
  expiresAt: expires_at.toISOString(),
});

const unknown = (requestId: string): StepwireError =>
  new StepwireError('not_found', `there is no request ${requestId}`);

const newId = (): string => randomBytes(18).toString('base64url');

/** As hard to guess as the commandId; JSON keeps the three apart whatever is in them. */
const idOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24);
