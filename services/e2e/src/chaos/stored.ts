import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { findPostgresBin } from '@stepwire/local';
import type { LogEvent } from '@stepwire/protocol';
import { evolve, initialState, type RunState } from '@stepwire/run-model';
import type { Verdict } from './experiment.ts';

interface StoredRequest {
  readonly request_id: string;
  readonly user_id: string | null;
  readonly managed: boolean;
  readonly status: string;
  readonly progress: number;
  readonly current_stage: string;
  readonly stalled: boolean;
  readonly seq: number;
  readonly snapshot: string | null;
  readonly snapshot_seq: number;
}

/** P5: what is stored beside the log is what the log says. Read with Postgres's own client, by nothing of ours. */
export async function storedIsFold(databaseUrl: string): Promise<Verdict> {
  const requests = new Map<string, StoredRequest>();
  // the column is a `real`
  for await (const row of rowsOf<StoredRequest>(databaseUrl, 'SELECT * FROM requests'))
    requests.set(row.request_id, { ...row, progress: Math.fround(row.progress) });
  const broken: string[] = [];
  const folded = new Map<string, RunState>();
  let events = 0;
  const log = rowsOf<{ request_id: string; seq: number; body: string }>(
    databaseUrl,
    'SELECT request_id, seq, body FROM events ORDER BY request_id, seq',
  );
  for await (const { request_id, seq, body } of log) {
    events += 1;
    const before = folded.get(request_id) ?? initialState(request_id);
    if (seq !== before.seq + 1) broken.push(`${request_id}: event ${seq} after ${before.seq}`);
    const event: Omit<LogEvent, 'seq'> = JSON.parse(body);
    const state = evolve(before, { ...event, seq });
    folded.set(request_id, state);
    const stored = requests.get(request_id);
    if (stored?.snapshot_seq === seq && !isDeepStrictEqual(JSON.parse(stored.snapshot ?? 'null'), plain(state)))
      broken.push(`${request_id}: the snapshot at ${seq} is not the fold`);
  }
  let snapshots = 0;
  for (const [requestId, stored] of requests) {
    if (stored.snapshot_seq > 0) snapshots += 1;
    const state = folded.get(requestId) ?? initialState(requestId);
    const differs = Object.entries(columnsOf(state)).filter(([name, value]) => Reflect.get(stored, name) !== value);
    for (const [name, value] of differs)
      broken.push(`${requestId}: ${name} is ${Reflect.get(stored, name)}, the log says ${value}`);
  }
  for (const requestId of folded.keys()) if (!requests.has(requestId)) broken.push(`${requestId}: has events only`);
  return {
    promise: 'P5  the stored projection is the fold of the stored log',
    figures: `${requests.size.toLocaleString('en')} requests, ${events.toLocaleString('en')} events, ${snapshots.toLocaleString('en')} snapshots`,
    broken,
  };
}

const columnsOf = (state: RunState): Omit<StoredRequest, 'request_id' | 'snapshot' | 'snapshot_seq'> => ({
  user_id: state.userId,
  managed: state.managed,
  status: state.status,
  progress: Math.fround(state.progress),
  current_stage: state.currentStage,
  stalled: state.stalled,
  seq: state.seq,
});

const plain = (state: RunState): unknown => JSON.parse(JSON.stringify(state));

/** @throws Error when psql fails */
async function* rowsOf<Row>(databaseUrl: string, query: string): AsyncGenerator<Row> {
  // Fetched in parts: psql would hold all of it. JSON has no line breaks, so a line is a row.
  const psql = spawn(
    join(findPostgresBin() ?? '', 'psql'),
    [
      '-qAt',
      '-v',
      'ON_ERROR_STOP=1',
      '-v',
      'FETCH_COUNT=5000',
      '-c',
      `SELECT row_to_json(r) FROM (${query}) r`,
      databaseUrl,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise<number | null>((resolve) => psql.once('close', resolve));
  for await (const line of createInterface(psql.stdout)) yield JSON.parse(line);
  if ((await ended) !== 0) throw new Error(`psql ended with ${await ended}`);
}
