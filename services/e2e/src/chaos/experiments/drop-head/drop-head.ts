import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { feedRoutingKey } from '@stepwire/protocol';
import { waitFor } from '@stepwire/testing';
import { endOf, timedEvent } from '../../crowd/crowd.ts';
import { Follower } from '../../crowd/follower.ts';
import { count, type Experiment, type Trial, type Verdict } from '../../experiment.ts';
import { Publisher } from '../../publisher.ts';
import type { Rig } from '../../rig.ts';

/** As many as a batch of the coordinator holds: so no two events of one request are in one batch, and each is a message of its own. */
const REQUESTS = 2_000;
const EVENTS_PER_REQUEST = 3;
const WATCHED = 100;
/** large, so that what the kernel holds for a gateway that does not read is few of them */
const EVENT_BYTES = 4_000;
const IN_FLIGHT = 4_000;
/** broker and gateway give one another up after 10 s without heartbeats */
const HELD_MS = 8_000;
const HEAD_WITHIN_MS = 30_000;
const ROUNDS = 3;
const SETTLED_WITHIN_MS = 60_000;
/**
 * The bound is 10,000 messages (`instanceQueueArguments`), which a busy machine does not commit in {@link HELD_MS}. A policy lowers
 * it: RabbitMQ takes the smaller one (https://www.rabbitmq.com/docs/policies#combining-policy-definitions).
 */
const CAPACITY = 500;
const POLICY = 'chaos-drop-head';
const coordinators = ['coordinator', 'coordinator 2'] as const;

/** P1 with a full queue: what its bound lets fall, a gateway reads. */
export const dropHead: Experiment = {
  name: 'drop-head',
  about: 'a gateway that hears nothing while more is told than its queue holds',
  run,
};

async function run(trial: Trial): Promise<readonly Verdict[]> {
  const { rabbitmqctl } = trial.rig;
  const bound = JSON.stringify({ 'max-length': CAPACITY });
  await rabbitmqctl('set_policy', POLICY, '^gateway\\.', bound, '--apply-to', 'queues');
  try {
    return await withLowBound(trial);
  } finally {
    await rabbitmqctl('clear_policy', POLICY);
  }
}

async function withLowBound({ rig, scaled, say }: Trial): Promise<readonly Verdict[]> {
  const [url = '', otherUrl = ''] = rig.stack.urls;
  // what stands still behind a line takes less into its buffers than a process that stands still behind a line
  const line = rig.line('gateway → broker');
  const rounds = scaled(ROUNDS, 1);
  const prefix = `flood-${randomUUID().slice(0, 8)}`;
  const ids = idsOfFewShards(prefix);
  // of the first ones nothing comes after what is dropped, so that only their heads tell; of the last ones something does
  const watched = [...ids.slice(0, WATCHED / 2), ...ids.slice(-WATCHED / 2)];
  const publisher = await Publisher.open(rig.broker.url);
  const followers = watched.map((requestId) => new Follower({ url, requestId }));
  // on the other gateway, whose queue never fills, somebody sees what there was to be seen
  const others = watched.map((requestId) => new Follower({ url: otherUrl, requestId }));
  const everybody = [...followers, ...others];
  const joined = () => everybody.every(({ joins }) => joins > 0);
  await waitFor(joined, { timeoutMs: SETTLED_WITHIN_MS, what: 'all to be let in' });

  const broken: string[] = [];
  let fullest = 0;
  const droppedBefore = await droppedByBound(rig);
  let headMs = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const last = round * EVENTS_PER_REQUEST;
    // It all waits in the coordinators' queue first, so that it then comes as fast as they can.
    for (const name of coordinators) rig.stack.freeze(name);
    const flooded = flood(publisher, ids, last - EVENTS_PER_REQUEST + 1, last);
    await Promise.race([flooded, delay(HELD_MS)]);
    const looking = deepest(rig);
    line.hold('answers');
    for (const name of coordinators) rig.stack.thaw(name);
    await delay(HELD_MS);
    line.release();
    const releasedAt = performance.now();
    const depth = await looking;
    fullest = Math.max(fullest, depth);
    await flooded;
    const ahead = (follower: Follower) => (follower.last ?? 0) >= last;
    await waitFor(() => others.every(ahead), { timeoutMs: SETTLED_WITHIN_MS });
    await waitFor(() => followers.every(ahead), { timeoutMs: HEAD_WITHIN_MS }).catch(() => undefined);
    headMs = Math.max(headMs, performance.now() - releasedAt);
    for (const follower of followers.filter((it) => !ahead(it)))
      broken.push(`${follower.options.requestId}: at ${follower.last} of ${last} when it was due`);
    say(`round ${round}: the queue at ${count(depth)}`);
  }
  await Promise.all(ids.map((requestId) => publisher.publish(endOf(requestId))));
  await waitFor(() => everybody.every(({ ended }) => ended), { timeoutMs: HEAD_WITHIN_MS }).catch(() => undefined);
  for (const { ended, options } of everybody) if (!ended) broken.push(`${options.requestId}: never saw the end`);
  broken.push(...everybody.flatMap((follower) => follower.broken));
  const dropped = (await droppedByBound(rig)) - droppedBefore;
  // what was not broken proves nothing
  if (dropped === 0) broken.push(`nothing was dropped: the queue was at ${count(fullest)} at most`);
  for (const follower of everybody) follower.close();
  await publisher.close();
  return [
    {
      promise: 'P1  what a full queue of a gateway drops reaches its watchers all the same, once and in order',
      figures: `${rounds} × ${HELD_MS / 1000} s, ${count(rounds * EVENTS_PER_REQUEST * ids.length)} events of ${count(ids.length)} requests; the queue at ${count(fullest)} of at most ${count(CAPACITY)}, ${count(dropped)} messages dropped, as RabbitMQ counts them; ${WATCHED} watchers at the head after ${(headMs / 1000).toFixed(1)} s`,
      broken,
    },
  ];
}

/** ids whose feed goes to the shards that the first of the watched ones are in, so that the gateway's queue gets all of it */
function idsOfFewShards(prefix: string): readonly string[] {
  const ids: string[] = [];
  const keys = new Set<string>();
  for (let n = 0; ids.length < REQUESTS; n += 1) {
    const id = `${prefix}-${n}`;
    const key = feedRoutingKey(id, null);
    if (ids.length < WATCHED / 2) keys.add(key);
    if (keys.has(key)) ids.push(id);
  }
  return ids;
}

/**
 * Looks from within the broker, where looking is cheap, for as long as gateways may hear nothing.
 * @returns the most messages in the longest one: the other gateway's is read all the time
 */
async function deepest(rig: Rig): Promise<number> {
  const queuesOfGateways =
    'Q || Q <- rabbit_amqqueue:list(<<"/">>), {resource, _, queue, <<"gateway.", _/binary>>} <- [amqqueue:get_name(Q)]';
  const depth = `lists:max([0 | [proplists:get_value(messages, rabbit_amqqueue:info(Q, [messages])) || Q <- [${queuesOfGateways}]]])`;
  const look = `L = fun(_, Most, 0) -> Most; (L, Most, N) -> timer:sleep(100), L(L, max(Most, try ${depth} catch _:_ -> 0 end), N - 1) end, L(L, 0, ${HELD_MS / 100}).`;
  return Number(await rig.rabbitmqctl('-q', 'eval', look));
}

/** Messages that fell out of classic queues because of their length, since the broker started. */
async function droppedByBound(rig: Rig): Promise<number> {
  const counters = 'maps:values(rabbit_global_counters:overview())';
  const sum = `lists:sum([maps:get(messages_dead_lettered_maxlen_total, C, 0) || C <- ${counters}]).`;
  return Number(await rig.rabbitmqctl('-q', 'eval', sum));
}

/** One event for each request after the other, then the next of each. */
async function flood(publisher: Publisher, ids: readonly string[], from: number, to: number): Promise<void> {
  const text = 'x'.repeat(EVENT_BYTES);
  const inFlight = new Set<Promise<void>>();
  for (let n = from; n <= to; n += 1) {
    for (const requestId of ids) {
      const publish = publisher.publish(timedEvent(requestId, n, text)).then(() => void inFlight.delete(publish));
      inFlight.add(publish);
      if (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight);
    }
  }
  await Promise.all(inFlight);
}
