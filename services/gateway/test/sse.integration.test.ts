import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type OwnStack, Publisher, waitFor, withStack } from '@stepwire/testing';
import { EventSource } from 'eventsource';
import { upTo } from './client.ts';
import { EventStream } from './event-stream.ts';

let stack: OwnStack;
let agent: Publisher;
const streams: EventStream[] = [];
const open = async (path: string, init?: RequestInit): Promise<EventStream> => {
  const stream = await EventStream.open(`${stack.url}${path}`, init);
  streams.push(stream);
  return stream;
};
const plan = {
  plan: {
    goal: 'look at it',
    phases: [{ id: 'p', name: 'Looking' }],
    steps: [{ id: 's', order: 1, title: 'Look', action: 'look', input: {}, dependsOn: [], phaseId: 'p' }],
  },
};
/** An observed request: 6 events, the last ends it. */
const finished = async (): Promise<string> => {
  const requestId = randomUUID();
  await agent.event(requestId, 'planner.plan.created', plan);
  await agent.event(requestId, 'executor.step.progress', {
    stepId: 's',
    stepOrder: 1,
    status: 'running',
    tool: 'look',
  });
  await agent.event(requestId, 'agent.thinking', { thought: 'a\n\ndata: {"forged": true}\n\n', iteration: 1 });
  await agent.event(requestId, 'executor.step.progress', {
    stepId: 's',
    stepOrder: 1,
    status: 'completed',
    tool: 'look',
    result: 7,
  });
  await agent.event(requestId, 'agent.completed', { result: 'fine' });
  await agent.event(requestId, 'request.completed', { result: 'fine' });
  await waitFor(async () => {
    const state = await (await fetch(`${stack.url}/api/requests/${requestId}`)).json();
    return Reflect.get(Object(state), 'seq') === 6;
  });
  return requestId;
};

beforeAll(async () => {
  stack = await withStack({ STREAM_HEARTBEAT_MS: '200' });
  agent = await Publisher.open(stack.broker.url);
}, 120_000);
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(async () => {
  await agent?.close();
  await stack?.close();
});

describe('a stream of one request', () => {
  test('tells the history, then what happens, and ends with the request; coming back is answered 204', async () => {
    const requestId = randomUUID();
    await agent.ticks(requestId, 3);
    await waitFor(async () => (await fetch(`${stack.url}/api/requests/${requestId}`)).ok);
    const stream = await open(`/api/requests/${requestId}/events`);
    const { headers } = stream.response;
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('content-encoding')).toBeNull();
    await stream.reaches('3');
    await agent.ticks(requestId, 2);
    await stream.reaches('5');
    await waitFor(() => /(^|\n):\n\n/.test(stream.text), { what: 'a heartbeat' });
    await agent.event(requestId, 'request.completed', { result: 1 });
    await stream.end();
    expect(stream.ids).toEqual(upTo(6).map(String));
    expect(stream.payloads.map(({ seq }) => seq)).toEqual(upTo(6));
    expect(stream.text).toMatch(/^retry: \d+\n\n/);
    expect(stream.text).not.toMatch(/\r/);
    const again = await open(`/api/requests/${requestId}/events`, { headers: { 'last-event-id': '6' } });
    expect(again.response.status).toBe(204);
  });

  test('from publish to EventSource it takes less than 100 ms, at the median of 50', async () => {
    const requestId = randomUUID();
    await agent.ticks(requestId, 1);
    await waitFor(async () => (await fetch(`${stack.url}/api/requests/${requestId}`)).ok);
    const source = new EventSource(`${stack.url}/api/requests/${requestId}/events?since=1`);
    const heardAt: number[] = [];
    source.onmessage = () => heardAt.push(performance.now());
    await waitFor(() => source.readyState === EventSource.OPEN);
    const took: number[] = [];
    for (let nth = 0; nth < 50; nth += 1) {
      const at = performance.now();
      await agent.ticks(requestId, 1);
      took.push((await waitFor(() => heardAt[nth], { everyMs: 1 })) - at);
    }
    source.close();
    expect(took.sort((a, b) => a - b)[25]).toBeLessThan(100);
  });

  test('an EventSource stops by itself', async () => {
    const requestId = await finished();
    const source = new EventSource(`${stack.url}/api/agent-progress?requestId=${requestId}`);
    const rows: unknown[] = [];
    source.onmessage = ({ data }) => rows.push(JSON.parse(data));
    await waitFor(() => source.readyState === EventSource.CLOSED, { what: 'the end', timeoutMs: 20_000 });
    expect(rows).toEqual([expect.objectContaining({ id: requestId, status: 'completed', progress: 100 })]);
  });

  test('execution: named events with their fields; any id resumes after exactly that message', async () => {
    const requestId = await finished();
    const whole = await open(`/api/agent/stream/${requestId}`);
    await whole.end();
    const told = whole.messages.filter(({ data }) => data !== undefined);
    expect(told.map(({ event }) => event)).toEqual([
      ...['execution:started', 'plan:created', 'phase:start', 'tool:start', 'thinking', 'tool:complete'],
      ...['phase:complete', 'execution:complete'],
    ]);
    expect(told.map(({ id }) => id)).toEqual(['1.1', '1', '2.1', '2', '3', '4.1', '4', '6']);
    for (const [at, { id }] of told.entries()) {
      if (id === undefined || id === '6') continue;
      const rest = await open(`/api/agent/stream/${requestId}`, { headers: { 'last-event-id': id } });
      await rest.end();
      expect(rest.messages.filter(({ data }) => data !== undefined)).toEqual(told.slice(at + 1));
    }
    expect((await open(`/api/agent/stream/${requestId}?since=6`)).response.status).toBe(204);
  });

  test('types narrow it; the end still comes', async () => {
    const requestId = await finished();
    const stream = await open(`/api/requests/${requestId}/events?types=agent.thinking`);
    await stream.end();
    expect(stream.payloads.map(({ type }) => type)).toEqual(['agent.thinking']);
    expect(stream.messages.at(-1)).toEqual({ id: '6', event: undefined, data: undefined });
  });

  test.each([
    ['/api/agent/stream/nobody-knows', {}, 404, 'not_found'],
    ['/api/agent-progress', {}, 400, 'bad_request'],
    ['/api/agent/stream/:id?since=7%0d%0adata:x', {}, 400, 'bad_cursor'],
    ['/api/agent/stream/:id', { 'last-event-id': 'x' }, 400, 'bad_cursor'],
    ['/api/agent/stream/:id?since=99', {}, 410, 'cursor_gone'],
    ['/api/feed?since=x', {}, 400, 'bad_cursor'],
  ])('%s %j is refused with %i %s before it begins', async (path, headers, status, code) => {
    const requestId = path.includes(':id') ? await finished() : '';
    const stream = await open(path.replace(':id', requestId), { headers });
    expect(stream.response.status).toBe(status);
    await stream.end();
    expect(JSON.parse(stream.text)).toMatchObject({ status, code });
  });

  test('the same address as JSON gives pages', async () => {
    const requestId = await finished();
    const page = await (await fetch(`${stack.url}/api/requests/${requestId}/events?since=2`)).json();
    expect(page).toMatchObject({ head: 6, next: 6, events: [{ seq: 3 }, { seq: 4 }, { seq: 5 }, { seq: 6 }] });
  });
});

test('POST /api/agent/execute starts what the stream of its id shows, to the end', async () => {
  const started = await fetch(`${stack.url}/api/agent/execute`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ task: 'is http://dhl-parcel.test/x safe?', context: {} }),
  });
  expect(started.status).toBe(202);
  const executionId = String(Reflect.get(Object(await started.json()), 'executionId'));
  const stream = await open(`/api/agent/stream/${executionId}`);
  await waitFor(() => stream.messages.some(({ event }) => event === 'plan:created'), { timeoutMs: 20_000 });
  expect(stream.messages.find(({ data }) => data !== undefined)?.event).toBe('execution:started');
  const cancelled = await fetch(`${stack.url}/api/requests/${executionId}/cancel`, { method: 'POST' });
  expect(cancelled.status).toBeLessThan(410);
  await stream.end();
});

describe('the feed', () => {
  test('follows all requests of the user, and a cursor goes on after exactly that event', async () => {
    const feed = await open('/api/feed');
    await waitFor(() => feed.messages.some(({ id }) => id !== undefined), { what: 'the first cursor' });
    const [one, two] = [randomUUID(), randomUUID()];
    await agent.ticks(one, 2, 'local');
    await agent.ticks(two, 2);
    await agent.ticks(one, 1);
    const mine = (stream: EventStream) =>
      stream.payloads.filter(({ requestId }) => requestId === one || requestId === two);
    await waitFor(() => mine(feed).length === 5, { what: `5 events in ${feed.text}`, timeoutMs: 20_000 });
    const at = feed.messages.findIndex(({ data }) => data?.includes(two));
    const cursor = feed.messages[at]?.id ?? '';
    const rest = await open(`/api/feed?since=${encodeURIComponent(cursor)}`);
    const expected = feed.messages.slice(at + 1).filter(({ data }) => data !== undefined);
    await waitFor(() => mine(rest).length === expected.length, { what: 'the rest', timeoutMs: 20_000 });
    expect(new Set(rest.messages.flatMap(({ data = '' }) => (data === '' ? [] : [data])))).toEqual(
      new Set(expected.map(({ data }) => data)),
    );
    const all = await open('/api/feed?since=0&types=acme.tick');
    await waitFor(() => mine(all).length === 5, { what: 'all since the beginning', timeoutMs: 20_000 });
  });
});
