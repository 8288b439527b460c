import type { RpcParams, RpcResults } from '@stepwire/protocol';
import type pg from 'pg';

/**
 * Which agents live, and which steps they hold. A lease is a timer of kind `lease` whose owner's heartbeat moves it,
 * by the database's clock alone.
 */
export class Leases {
  private readonly pool: pg.Pool;
  private readonly leaseMs: number;

  constructor(pool: pg.Pool, leaseMs: number) {
    this.pool = pool;
    this.leaseMs = leaseMs;
  }

  /** Renews what the instance holds and names the steps it must stop: ended, cancelled, or given to another. */
  async heartbeat({ instance, role, steps }: RpcParams['heartbeat']): Promise<RpcResults['heartbeat']> {
    await this.pool.query({
      name: 'agent-seen',
      text: `INSERT INTO agents (instance, role) VALUES ($1, $2)
             ON CONFLICT (instance) DO UPDATE SET role = excluded.role, seen_at = clock_timestamp()`,
      values: [instance, role ?? null],
    });
    if (steps.length === 0) return { stop: [] };
    const { rows } = await this.pool.query<{ request_id: string; key: string; attempt: number; cancelling: boolean }>({
      name: 'renew-leases',
      text: `WITH held AS (
               UPDATE timers t SET due_at = clock_timestamp() + $2 * interval '1 ms'
               FROM unnest($3::text[], $4::text[], $5::int[]) AS u (request_id, key, attempt)
               WHERE t.kind = 'lease' AND t.owner = $1
                 AND t.request_id = u.request_id AND t.key = u.key AND t.attempt = u.attempt
               RETURNING t.request_id, t.key, t.attempt
             )
             SELECT held.*, r.status = 'cancelling' AS cancelling FROM held JOIN requests r USING (request_id)`,
      values: [
        instance,
        this.leaseMs,
        steps.map((s) => s.requestId),
        steps.map((s) => s.stepId),
        steps.map((s) => s.attempt),
      ],
    });
    // no id has a NUL, so no two leases have one key
    const held = new Map(rows.map((row) => [`${row.request_id}\0${row.key}\0${row.attempt}`, row]));
    return {
      stop: steps.flatMap((step) => {
        const lease = held.get(`${step.requestId}\0${step.stepId}\0${step.attempt}`);
        if (lease === undefined) return [{ ...step, reason: 'lease_lost' }];
        return lease.cancelling ? [{ ...step, reason: 'cancelled' }] : [];
      }),
    };
  }

  /** Agents by role that were heard of within a lease. */
  async living(): Promise<Record<string, number>> {
    const { rows } = await this.pool.query<{ role: string; count: number }>({
      name: 'living-agents',
      text: `SELECT role, count(*)::int AS count FROM agents
             WHERE role IS NOT NULL AND seen_at > clock_timestamp() - $1 * interval '1 ms' GROUP BY role`,
      values: [this.leaseMs],
    });
    return Object.fromEntries(rows.map((row) => [row.role, row.count]));
  }
}
