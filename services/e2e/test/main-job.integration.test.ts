import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Broker, rpcClient } from '@stepwire/messaging';
import {
  type BrokerForTest,
  type DatabaseForTest,
  type StackForTest,
  startStack,
  waitFor,
  withBroker,
  withDatabase,
} from '@stepwire/testing';
import { connect } from 'amqplib';
import { pino } from 'pino';
import { data, dense, planOf, Watcher, wait } from './watcher.ts';

const example = 'Your parcel is held, pay 2.99 at http://dhl-parcel.test/x or call +44 7700 900123';

describe.each(['pglite', 'postgres'] as const)('the main job on %s', (kind) => {
  let broker: BrokerForTest;
  let database: DatabaseForTest;
  let stack: StackForTest;
  const watchers: Watcher[] = [];
  const watch = (query: Record<string, string> = {}): Watcher => {
    const watcher = new Watcher(stack.url, query);
    watchers.push(watcher);
    return watcher;
  };

  beforeAll(async () => {
    [broker, database] = await Promise.all([withBroker(), withDatabase(kind)]);
    stack = await startStack({ broker, database });
  }, 90_000);
  afterEach(() => {
    for (const watcher of watchers.splice(0)) watcher.close();
  });
  afterAll(async () => {
    await stack?.stop();
    await database.close();
    await broker.close();
  });

  test('a message is checked: plan, steps side by side, a question, a verdict with reasons that the answer changes', async () => {
    const verdictAfter = async (answer: string) => {
      const requestId = randomUUID();
      const watcher = watch();
      expect(await watcher.ask('start', { requestId, userQuery: example, context: {} })).toMatchObject({
        ok: true,
        requestId,
        created: true,
      });
      const question = await watcher.frame('executor.question.asked');
      const { questionId, choices } = data(question.body);
      expect(choices).toContain('A company or an authority');
      expect(await watcher.ask('feedback', { requestId, questionId, answer })).toMatchObject({ ok: true });
      const { body } = await watcher.frame('request.completed');
      expect(watcher.seqs).toEqual(dense(1, Number(body.seq)));
      return { watcher, result: body.result as { verdict: string; score: number; reasons: unknown[] } };
    };
    const { watcher, result } = await verdictAfter('A company or an authority');
    expect(result.verdict).toMatch(/scam/i);
    expect(result.reasons.length).toBeGreaterThan(2);
    const steps = new Set(watcher.frames.filter((f) => f.name === 'progress').map((f) => data(f.body).stepId));
    for (const id of [
      'entity_extraction',
      'scam_db',
      'domain_reputation',
      'phone_validator',
      'exa_search',
      'reasoning',
    ]) {
      expect(steps).toContain(id);
    }
    const skipped = await watcher.progress('exa_search', 'skipped');
    expect(String(data(skipped.body).message)).toMatch(/EXA_API_KEY/);
    const other = await verdictAfter('Somebody I know');
    expect(other.result.reasons).not.toEqual(result.reasons);
  }, 60_000);

  test('steps that do not wait for one another run at once', async () => {
    const requestId = randomUUID();
    const watcher = watch();
    await watcher.ask('start', {
      requestId,
      userQuery: 'two at once',
      context: planOf(wait('a', 1500), wait('b', 1500)),
    });
    const { body } = await watcher.frame('request.completed');
    const at = (id: string, status: string) =>
      watcher.events.find((f) => f.name === 'progress' && data(f.body).stepId === id && f.body.status === status)?.body
        .seq;
    expect(Number(at('a', 'running'))).toBeLessThan(Number(at('b', 'completed')));
    expect(Number(at('b', 'running'))).toBeLessThan(Number(at('a', 'completed')));
    expect(body.result).toMatchObject({ a: { waitedMs: expect.any(Number) }, b: { waitedMs: expect.any(Number) } });
  });

  test('two watchers see the same events with the same seq; one that joins late gets state and then the rest, nothing twice', async () => {
    const requestId = randomUUID();
    const first = watch({ requestId });
    const second = watch({ requestId });
    await Promise.all([first.frame('state'), second.frame('state')]);
    expect(first.states[0]).toMatchObject({ status: 'unknown', seq: 0, requestId });
    expect(
      await second.ask('start', { requestId, userQuery: 'x', context: planOf(wait('a', 300), wait('b', 1200, 'a')) }),
    ).toMatchObject({ ok: true });
    await first.progress('b', 'running');
    const late = watch({ requestId });
    const { body: end } = await late.frame('request.completed');
    await Promise.all([first.frame('request.completed'), second.frame('request.completed')]);
    const last = Number(end.seq);
    expect(first.seqs).toEqual(dense(1, last));
    expect(second.events).toEqual(first.events);
    const [state] = late.states;
    expect(state).toMatchObject({ protocol: 1, status: 'running', requestId });
    expect(late.seqs).toEqual(dense(Number(state?.seq) + 1, last));
    expect(late.events).toEqual(first.events.slice(Number(state?.seq)));
  });

  test('a watcher that was away gets exactly what it missed with since, in the shapes of live events', async () => {
    const requestId = randomUUID();
    const witness = watch({ requestId });
    const watcher = watch({ requestId });
    await Promise.all([witness.frame('state'), watcher.frame('state')]);
    await watcher.ask('start', {
      requestId,
      userQuery: 'x',
      context: planOf(wait('a', 300), wait('b', 800, 'a'), wait('c', 800, 'b')),
    });
    await watcher.progress('a', 'running');
    const since = watcher.seqs.at(-1) ?? 0;
    watcher.socket.disconnect();
    await witness.progress('b', 'completed');
    watcher.socket.connect();
    await watcher.ask('rejoin', { requestId, since });
    await watcher.frame('request.completed');
    await witness.frame('request.completed');
    const back = watcher.states.find((state) => Array.isArray(state.missed) && state.missed.length > 0);
    const missed = (back?.missed ?? []) as { seq: number }[];
    expect(missed.map((event) => event.seq)).toEqual(dense(since + 1, Number(back?.seq)));
    expect(missed).toEqual(witness.events.slice(since, Number(back?.seq)).map((frame) => frame.body));
    const after = watcher.seqs.filter((seq) => seq > since);
    expect(after).toEqual(dense(Number(back?.seq) + 1, witness.seqs.at(-1) ?? 0));
    const future = await watcher.ask('rejoin', { requestId, since: 10_000 });
    expect(future).toMatchObject({ ok: true });
    expect(await watcher.frame('state', (state) => state.reset === true)).toMatchObject({
      body: { code: 'cursor_gone' },
    });
  });

  test('cancel during a running step stops the tool, and everybody gets request.cancelled', async () => {
    const requestId = randomUUID();
    const watcher = watch();
    const other = watch({ requestId });
    await watcher.ask('start', { requestId, userQuery: 'x', context: planOf(wait('long', 600_000)) });
    await watcher.progress('long', 'running');
    expect(await other.ask('cancel', { requestId, reason: 'changed my mind' })).toMatchObject({ ok: true });
    for (const each of [watcher, other]) {
      const { body } = await each.frame('request.cancelled');
      expect(data(body)).toMatchObject({ by: 'local' });
      expect(data(body).forced).not.toBe(true);
    }
    // the executor itself said that its tool has stopped: that is what kept the cancel from being forced
    expect(data((await watcher.progress('long', 'skipped')).body)).toMatchObject({ message: 'cancelled' });
    expect(await other.ask('cancel', { requestId })).toMatchObject({ ok: false, error: { code: 'already_finished' } });
    expect(await other.ask('feedback', { requestId, questionId: 'none', answer: 'x' })).toMatchObject({
      ok: false,
      error: { code: 'already_finished' },
    });
  });

  test('a tool that fails is repeated, then fails the request; clients that know only errors see it', async () => {
    const watcher = watch();
    const { requestId } = await watcher.ask('start', {
      userQuery: 'x',
      context: planOf({ id: 'a', action: 'no_such_tool' }),
    });
    const { body } = await watcher.frame('error');
    expect(body).toMatchObject({ type: 'error', requestId });
    expect(String(body.message)).toContain('no_such_tool');
    const failed = await watcher.frame('request.failed');
    expect(Number(failed.body.seq)).toBe(Number(body.seq) + 1);
    expect(watcher.seqs.at(-1)).toBe(Number(failed.body.seq));
  });

  test('a program without any library of ours shows up at every watcher with the smallest body', async () => {
    const requestId = `outside-${randomUUID()}`;
    const watcher = watch({ requestId });
    await watcher.frame('state');
    const connection = await connect(broker.url);
    const channel = await connection.createChannel();
    const publish = (type: string, body: object) =>
      channel.publish('agent.events', type, Buffer.from(JSON.stringify({ type, requestId, ...body })));
    publish('agent.progress', { data: { percent: 25, stage: 'retrieving_context' } });
    publish('executor.step.progress', { data: { stepOrder: 1, status: 'running', tool: 'search' } });
    publish('my.own.type', { data: { anything: ['goes'] } });
    publish('request.completed', { data: { result: { answer: 42 } } });
    const { body } = await watcher.frame('request.completed');
    expect(body).toMatchObject({ type: 'request.completed', result: { answer: 42 }, seq: 4 });
    expect(watcher.events.map((f) => f.name)).toEqual([
      'agent.progress',
      'progress',
      'my.own.type',
      'request.completed',
    ]);
    expect(watcher.events[1]?.body).toMatchObject({
      type: 'progress',
      step: 1,
      status: 'running',
      data: { tool: 'search' },
    });
    const answer = await fetch(`${stack.url}/api/requests/${requestId}`);
    expect(await answer.json()).toMatchObject({
      requestId,
      status: 'completed',
      progress: 100,
      currentStage: 'completed',
      seq: 4,
    });
    publish('agent.progress', { data: { percent: 1 } });
    const next = `outside-${randomUUID()}`;
    publish('agent.progress', { requestId: next, data: {} });
    await waitFor(async () => (await fetch(`${stack.url}/api/requests/${next}`)).ok);
    expect(watcher.seqs).toEqual([1, 2, 3, 4]);
    await connection.close();
  });

  test('10,000 malformed messages become 10,000 dead letters with reasons, and the stack works', async () => {
    const connection = await connect(broker.url);
    const channel = await connection.createConfirmChannel();
    const bad = [
      '{',
      'null',
      '[]',
      '{"type":"x"}',
      '{"requestId":"r"}',
      '{"type":"executor.step.progress","requestId":"r","data":{"status":"odd"}}',
      '\ufffd',
      '{"__proto__":{},"type":"x","requestId":"r"}',
    ];
    const asking = Broker.open({ url: broker.url, name: 'test', logger: pino({ level: 'silent' }) });
    await asking.ready();
    const rpc = rpcClient(asking);
    const caller = { userId: 'root', operator: true };
    const letters = () => rpc.call('deadLetters', { caller, limit: 100 });
    const before = (await letters()).total;
    for (let i = 0; i < 10_000; i++) channel.publish('agent.events', 'x', Buffer.from(bad[i % bad.length] ?? ''));
    await channel.waitForConfirms();
    await waitFor(async () => (await letters()).total === before + 10_000, {
      timeoutMs: 60_000,
      what: '10,000 dead letters',
    });
    const found = (await letters()).deadLetters.filter(({ routingKey }) => routingKey === 'x');
    expect(new Set(found.map(({ body }) => body))).toEqual(new Set(bad));
    for (const { reason, count } of found) {
      expect(reason).toMatch(/^bad_request: /);
      expect(count).toBe(10_000 / bad.length);
    }
    await asking.close();
    await connection.close();
    const watcher = watch();
    await watcher.ask('start', { userQuery: 'x', context: planOf(wait('a', 0)) });
    await watcher.frame('request.completed');
  }, 90_000);
});
