import type pg from 'pg';

/** requests in one transaction */
const REQUESTS_AT_ONCE = 100;

/**
 * Removes requests that ended more than `keepDays` ago, with all that hangs on them, a few at a time, and everything in feeds up
 * to the last of theirs: what is left of a feed has no gaps.
 * @returns whether there may be more
 */
export async function pruneRequests(pool: pg.Pool, keepDays: number): Promise<boolean> {
  const tx = await pool.connect();
  try {
    await tx.query('BEGIN');
    // one that a writer has just now locked has its turn another time
    const { rows } = await tx.query<{ request_id: string; user_id: string; position: string }>(
      `SELECT request_id, coalesce(user_id, '') AS user_id, position FROM requests
       WHERE finished_at < clock_timestamp() - $1 * interval '1 day' LIMIT ${REQUESTS_AT_ONCE} FOR UPDATE SKIP LOCKED`,
      [keepDays],
    );
    if (rows.length > 0) {
      const ids = rows.map((row) => row.request_id);
      for (const table of ['events', 'timers', 'shares', 'requests'])
        await tx.query(`DELETE FROM ${table} WHERE request_id = ANY($1::text[])`, [ids]);
      // numberings come last and in the order in which writers lock them
      const marks = [rows.map((row) => row.user_id), rows.map((row) => row.position)];
      await tx.query(
        `SELECT FROM users WHERE user_id = ANY($1::text[]) ORDER BY user_id FOR UPDATE`,
        marks.slice(0, 1),
      );
      await tx.query(
        `WITH moved AS (
           UPDATE users s SET pruned = greatest(s.pruned, m.position)
           FROM (SELECT user_id, max(position) AS position FROM unnest($1::text[], $2::bigint[]) AS u (user_id, position)
                 GROUP BY user_id) m
           WHERE s.user_id = m.user_id RETURNING s.user_id, s.pruned
         )
         DELETE FROM feed f USING moved WHERE f.user_id = moved.user_id AND f.position <= moved.pruned`,
        marks,
      );
    }
    await tx.query('COMMIT');
    tx.release();
    return rows.length === REQUESTS_AT_ONCE;
  } catch (error) {
    tx.release(true);
    throw error;
  }
}

/** Shares that have expired, sign-outs of what has, by any clock, and agents unheard of for a day. */
export async function pruneLeftovers(pool: pg.Pool): Promise<void> {
  await pool.query('DELETE FROM shares WHERE expires_at < clock_timestamp()');
  await pool.query("DELETE FROM sign_outs WHERE expires_at < clock_timestamp() - interval '1 day'");
  await pool.query("DELETE FROM agents WHERE seen_at < clock_timestamp() - interval '1 day'");
}
