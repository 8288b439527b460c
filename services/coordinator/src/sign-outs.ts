import type { RpcParams, RpcResults } from '@stepwire/protocol';
import type pg from 'pg';

/** Sessions of gateways that are over before their cookies expire: kept here, since every gateway and its successor must know. */
export class SignOuts {
  private readonly pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  /** A repeat changes nothing. */
  async signOut({ sessionId, expiresAt }: RpcParams['signOut']): Promise<RpcResults['signOut']> {
    await this.pool.query({
      name: 'sign-out',
      text: 'INSERT INTO sign_outs (session_id, expires_at) VALUES ($1, $2) ON CONFLICT (session_id) DO NOTHING',
      values: [sessionId, new Date(expiresAt)],
    });
    return {};
  }

  async signedOut({ sessionIds }: RpcParams['signedOut']): Promise<RpcResults['signedOut']> {
    const { rows } = await this.pool.query<{ session_id: string }>({
      name: 'signed-out',
      text: 'SELECT session_id FROM sign_outs WHERE session_id = ANY($1::text[])',
      values: [sessionIds],
    });
    return { sessionIds: rows.map((row) => row.session_id) };
  }
}
