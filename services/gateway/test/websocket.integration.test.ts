import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type OwnStack, Publisher, waitFor, withStack } from '@stepwire/testing';
import { Client } from './client.ts';
import { WebSocketClient } from './web-socket-client.ts';

let stack: OwnStack;
let agent: Publisher;
const clients: WebSocketClient[] = [];
const open = (path: string, options?: object): WebSocketClient => {
  const client = new WebSocketClient(`${stack.url}${path}`, options);
  clients.push(client);
  return client;
};
const begun = async (ticks = 1): Promise<string> => {
  const taskId = randomUUID();
  await agent.ticks(taskId, ticks, 'local');
  await waitFor(async () => (await fetch(`${stack.url}/api/requests/${taskId}`)).ok);
  return taskId;
};

beforeAll(async () => {
  const env = { STREAM_HEARTBEAT_MS: '300', STREAM_IDLE_TIMEOUT_MS: '3000', MAX_WEBSOCKETS: '5' };
  stack = await withStack(env);
  agent = await Publisher.open(stack.broker.url);
}, 120_000);
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.terminate();
});
afterAll(async () => {
  await agent?.close();
  await stack?.close();
});

describe('/ws/agent-progress', () => {
  test('connected, then progress, then the end, and it closes by itself', async () => {
    const taskId = await begun();
    const client = open(`/ws/agent-progress/${taskId}`);
    await client.message(({ step }) => step === 'connected');
    expect(client.messages[0]).toMatchObject({ step: 'connected', percent: 0 });
    await agent.event(taskId, 'executor.step.progress', {
      stepId: 'entity_extraction',
      stepOrder: 1,
      status: 'running',
      tool: 'ner',
    });
    expect(await client.message(({ step }) => step === 'entity_extraction')).toMatchObject({
      tool: 'ner',
      percent: expect.any(Number),
      timestamp: expect.any(String),
    });
    await client.message(({ heartbeat }) => heartbeat === true);
    await agent.event(taskId, 'request.completed', { result: 1 });
    expect(await client.close()).toEqual({ code: 1000, reason: '' });
    expect(client.told.at(-1)).toMatchObject({ step: 'completed', percent: 100 });
    // who comes back with the cursor of the end is sent home at once, as an EventSource is by 204
    const again = open(`/ws/agent-progress/${taskId}?since=${client.told.at(-1)?.seq}`);
    expect(await again.close()).toEqual({ code: 1000, reason: '' });
    expect(again.messages).toEqual([]);
  });

  test.each([
    ['nobody-knows', 'not_found', 4404],
    ['nobody-knows?since=x', 'bad_cursor', 4400],
  ])('%s is told %s and closed with %i', async (task, code, closeCode) => {
    const client = open(`/ws/agent-progress/${task}`);
    expect((await client.close()).code).toBe(closeCode);
    expect(client.messages).toEqual([expect.objectContaining({ step: 'failed', error: true, code })]);
  });

  test('silence without a reason ends it with 4008', async () => {
    const taskId = randomUUID();
    await agent.event(taskId, 'agent.completed', {}, 'local');
    await waitFor(async () => (await fetch(`${stack.url}/api/requests/${taskId}`)).ok);
    const client = open(`/ws/agent-progress/${taskId}`);
    expect(await client.close()).toEqual({ code: 4008, reason: 'stalled' });
    expect(client.told.at(-1)).toMatchObject({ step: 'failed', error: true, code: 'stalled' });
  });

  test('beyond the limit it is accepted, told, and closed with 1013', async () => {
    const taskId = await begun();
    const first = Array.from({ length: 5 }, () => open(`/ws/agent-progress/${taskId}`));
    await Promise.all(first.map((client) => client.message(({ step }) => step === 'connected')));
    const sixth = open(`/ws/agent-progress/${taskId}`);
    expect((await sixth.close()).code).toBe(1013);
    expect(sixth.messages).toEqual([
      expect.objectContaining({ code: 'too_many_connections', message: expect.stringContaining('MAX_WEBSOCKETS') }),
    ]);
  });
});

describe('/ws/agents', () => {
  test('first what runs now, then live; a subscription narrows it; since goes on', async () => {
    const running = await begun();
    const client = open('/ws/agents');
    await client.message(({ type, taskId }) => type === 'task.started' && taskId === running);
    const next = randomUUID();
    await agent.event(next, 'agent.progress', { percent: 25, stage: 'retrieving_context' }, 'local');
    const progress = await client.message(({ type, taskId }) => type === 'task.progress' && taskId === next);
    expect(progress).toMatchObject({ percent: expect.any(Number), cursor: expect.any(String) });
    client.socket.send(JSON.stringify({ type: 'subscribe', events: ['task.completed'] }));
    const later = open(`/ws/agents?since=${encodeURIComponent(String(progress.cursor))}`);
    await agent.event(next, 'agent.progress', { percent: 50, stage: 'thinking' });
    await agent.event(next, 'request.completed', { result: { text: 'fine' } });
    expect(await client.message(({ type, taskId }) => type === 'task.completed' && taskId === next)).toMatchObject({
      result: { text: 'fine' },
    });
    await later.message(({ type, taskId }) => type === 'task.completed' && taskId === next);
    const types = later.told.filter(({ taskId }) => taskId === next).map(({ type }) => type);
    expect(types).toEqual(['task.progress', 'task.completed']);
  });

  test('a foreign page is refused, an unknown path too, and Socket.IO lives beside it', async () => {
    const taskId = await begun();
    const foreign = open(`/ws/agent-progress/${taskId}`, { origin: 'https://evil.test' });
    const nowhere = open('/ws/nowhere');
    expect([(await foreign.close()).code, (await nowhere.close()).code]).toEqual([1006, 1006]);
    const beside = new Client(stack.url, { requestId: taskId });
    await beside.frame('state');
    beside.socket.close();
  });

  test('invalid UTF-8, reserved bits and frames that are too large end the connection, and it alone', async () => {
    const witness = open('/ws/agents');
    await waitFor(() => witness.socket.readyState === 1);
    const broken = async (frame: Buffer): Promise<number> => {
      const client = open('/ws/agents');
      await waitFor(() => client.socket.readyState === 1);
      const tcp = Reflect.get(client.socket, '_socket');
      tcp.write(frame);
      return (await client.close()).code;
    };
    const masked = (first: number, payload: number[]): Buffer =>
      Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
    expect(await broken(masked(0x81, [0xff, 0xfe]))).toBe(1007);
    expect(await broken(masked(0xf1, [0x41]))).toBe(1002);
    const large = open('/ws/agents');
    await waitFor(() => large.socket.readyState === 1);
    large.socket.send('x'.repeat(70_000));
    expect((await large.close()).code).toBe(1009);
    expect(witness.closed).toBeUndefined();
  });
});

test('without a coordinator it says so, when to come back, and closes', async () => {
  const taskId = await begun();
  const before = open(`/ws/agent-progress/${taskId}`);
  await before.message(({ step }) => step === 'connected');
  await stack.kill('coordinator');
  const client = open(`/ws/agent-progress/${taskId}`);
  expect((await client.close()).code).toBe(1013);
  expect(client.told).toEqual([
    expect.objectContaining({ error: true, code: 'unavailable', retryAfterMs: expect.any(Number) }),
  ]);
  await before.close();
  expect(before.told.at(-1)).toMatchObject({ step: 'failed', error: true });
  await stack.restart('coordinator');
  await stack.ready();
}, 60_000);
