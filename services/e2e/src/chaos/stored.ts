import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findPostgresBin } from '@stepwire/local';
import { fnv1a32, type LogEvent } from '@stepwire/protocol';
import { evolve, initialState, isFinished, type RunState } from '@stepwire/run-model';
import { waitFor } from '@stepwire/testing';
import { count, type Verdict } from './experiment.ts';
import type { Seen } from './request-log.ts';
import { type StoredTimer, timersOf } from './stored-timers.ts';

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
  readonly finished_at: string | null;
}

interface StoredEvent {
  readonly request_id: string;
  readonly seq: number;
  readonly event_id: string;
  readonly body: string;
}

type StoredRow =
  | { readonly of: 'requests'; readonly row: StoredRequest }
  | { readonly of: 'timers'; readonly row: StoredTimer }
  | { readonly of: 'events'; readonly row: StoredEvent };

/** a new snapshot is due after so many events (services/coordinator) */
const SNAPSHOT_EVERY = 64;
/** commands that a dead coordinator left behind are sent by the others' sweep (ms) */
const OUTBOX_EMPTY_WITHIN_MS = 30_000;

/**
 * P5: what is stored beside the log is what the log says, and the log is what watchers saw. Read with Postgres's own
 * client, by nothing of ours, at one moment.
 */
export async function storedIsFold(databaseUrl: string, seen: Seen): Promise<Verdict> {
  const broken: string[] = [];
  const left = await outboxLeft(databaseUrl);
  if (left > 0) broken.push(`${left} commands are still in the outbox after ${OUTBOX_EMPTY_WITHIN_MS / 1000} s`);
  const requests = new Map<string, StoredRequest>();
  const timers = new Map<string, StoredTimer[]>();
  const folded = new Map<string, RunState>();
  const tally = { events: 0, timers: 0, seen: 0 };
  for await (const { of, row } of rowsOf(databaseUrl)) {
    if (of === 'requests') {
      // the column is a `real`
      requests.set(row.request_id, { ...row, progress: Math.fround(row.progress) });
    } else if (of === 'timers') {
      tally.timers += 1;
      timers.set(row.request_id, [...(timers.get(row.request_id) ?? []), row]);
    } else {
      tally.events += 1;
      const { request_id, seq, event_id, body } = row;
      const before = folded.get(request_id) ?? initialState(request_id);
      if (seq !== before.seq + 1) broken.push(`${request_id}: event ${seq} after ${before.seq}`);
      const event: Omit<LogEvent, 'seq'> = JSON.parse(body);
      if (event.id !== event_id || event.requestId !== request_id)
        broken.push(`${request_id}: event ${seq}, ${event_id}, is that of another row: ${event.requestId} ${event.id}`);
      const state = evolve(before, { ...event, seq });
      folded.set(request_id, state);
      if (
        requests.get(request_id)?.snapshot_seq === seq &&
        requests.get(request_id)?.snapshot !== JSON.stringify(state)
      )
        broken.push(`${request_id}: the snapshot at ${seq} is not the fold`);
      const hash = seen.of(request_id)?.[seq - 1];
      if (hash === undefined) continue;
      tally.seen += 1;
      if (hash !== fnv1a32(`${body.slice(0, -1)},"seq":${seq}}`))
        broken.push(`${request_id}: event ${seq} is not what watchers saw: ${body.slice(0, 200)}`);
    }
  }
  let snapshots = 0;
  for (const [requestId, stored] of requests) {
    if (stored.snapshot_seq > 0) snapshots += 1;
    const state = folded.get(requestId) ?? initialState(requestId);
    const differs = Object.entries(columnsOf(state)).filter(([name, value]) => Reflect.get(stored, name) !== value);
    for (const [name, value] of differs)
      broken.push(`${requestId}: ${name} is ${Reflect.get(stored, name)}, the log says ${value}`);
    broken.push(...misfits(stored, state), ...timersOf(state, timers.get(requestId) ?? []));
  }
  for (const requestId of folded.keys()) if (!requests.has(requestId)) broken.push(`${requestId}: has events only`);
  for (const requestId of timers.keys()) if (!requests.has(requestId)) broken.push(`${requestId}: has timers only`);
  for (const requestId of seen.ids) {
    const [watched, stored] = [seen.of(requestId)?.length ?? 0, requests.get(requestId)?.seq ?? 0];
    if (watched !== stored) broken.push(`${requestId}: ${stored} events are stored, watchers saw ${watched}`);
  }
  return {
    promise: 'P5  the stored projection is the fold of the stored log',
    figures: `${count(requests.size)} requests, ${count(tally.events)} events, ${count(tally.seen)} of them held against what watchers of ${count(seen.size)} requests saw, ${count(snapshots)} snapshots, ${count(tally.timers)} timers, the outbox empty`,
    broken,
  };
}

function misfits({ request_id, seq, snapshot_seq, finished_at }: StoredRequest, state: RunState): string[] {
  const finished = isFinished(state.status);
  const broken: string[] = [];
  if ((finished_at !== null) !== finished) broken.push(`${request_id}: ${state.status}, finished at ${finished_at}`);
  if (finished && snapshot_seq > seq)
    broken.push(`${request_id}: its snapshot is at ${snapshot_seq}, beyond its head ${seq}`);
  if (seq - snapshot_seq >= SNAPSHOT_EVERY)
    broken.push(`${request_id}: its last snapshot is at ${snapshot_seq}, its head at ${seq}`);
  return broken;
}

const columnsOf = (
  state: RunState,
): Omit<StoredRequest, 'request_id' | 'snapshot' | 'snapshot_seq' | 'finished_at'> => ({
  user_id: state.userId,
  managed: state.managed,
  status: state.status,
  progress: Math.fround(state.progress),
  current_stage: state.currentStage.replaceAll('\0', '\ufffd'),
  stalled: state.stalled,
  seq: state.seq,
});

async function outboxLeft(databaseUrl: string): Promise<number> {
  let left = 0;
  const empty = async () => {
    for await (const line of psql(databaseUrl, ['SELECT count(*) FROM outbox'])) left = Number(line);
    return left === 0;
  };
  // who is not empty by then is told of
  await waitFor(empty, { timeoutMs: OUTBOX_EMPTY_WITHIN_MS, everyMs: 500 }).catch(() => undefined);
  return left;
}

/** requests, then timers, then events by request and seq */
async function* rowsOf(databaseUrl: string): AsyncGenerator<StoredRow> {
  const tagged = (of: StoredRow['of'], query: string) =>
    `SELECT json_build_object('of', '${of}', 'row', row_to_json(r)) FROM (${query}) r`;
  const statements = [
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    tagged('requests', 'SELECT * FROM requests'),
    tagged('timers', 'SELECT * FROM timers'),
    tagged('events', 'SELECT request_id, seq, event_id, body FROM events ORDER BY request_id, seq'),
  ];
  for await (const line of psql(databaseUrl, statements)) yield JSON.parse(line);
}

/** The statements' rows, in one transaction. @throws Error when psql fails */
async function* psql(databaseUrl: string, statements: readonly string[]): AsyncGenerator<string> {
  // Fetched in parts: psql would hold all of it.
  const fixed = ['-qAt1', '-v', 'ON_ERROR_STOP=1', '-v', 'FETCH_COUNT=5000'];
  const asked = statements.flatMap((statement) => ['-c', statement]);
  const child = spawn(join(findPostgresBin() ?? '', 'psql'), [...fixed, ...asked, databaseUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  yield* linesOf(child.stdout.setEncoding('utf8'));
  if ((await ended) !== 0) throw new Error(`psql ended with ${await ended}`);
}

/** JSON has no line feeds, so a line is a row. It may have U+2028, at which `node:readline` breaks lines too. */
async function* linesOf(output: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of output) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
