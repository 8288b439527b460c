import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, type ConnectOptions, connect, type LogEvent, type RequestStore } from '@stepwire/client';
import { type OwnStack, openBrowser, waitFor, withStack } from '@stepwire/testing';
import { connect as connectAmqp } from 'amqplib';
import { cuttingProxy } from './cutting-proxy.ts';

let stack: OwnStack;
let publish: (requestId: string, type: string, data?: object, times?: number) => Promise<void>;
let endPublishing: () => Promise<unknown> = async () => undefined;
const clients: Client[] = [];

const open = (options: ConnectOptions = {}): Client => {
  const client = connect({ url: stack.url, backoff: { baseMs: 50, maxMs: 200 }, ...options });
  clients.push(client);
  return client;
};
const isLive = (client: Client) => waitFor(() => client.status.getSnapshot().state === 'live', { what: 'live' });
/** What was published may not be in the log yet. */
const reaches = async (run: RequestStore, seq: number): Promise<void> => {
  const stop = run.subscribe(() => undefined);
  await waitFor(() => run.getSnapshot().seq === seq, { timeoutMs: 20_000, what: `seq ${seq}` });
  stop();
};
const waiting = (ms: number) => ({
  plan: { goal: 'wait', steps: [{ id: 'w', order: 1, title: 'Wait', action: 'wait', input: { ms } }] },
});
/** A request that does nothing but ask. */
const asking = {
  userQuery: 'hello',
  context: { plan: { goal: 'ask', steps: [{ id: 's', order: 1, title: 'Ask', action: 'sender' }] } },
};

async function beginPublishing(): Promise<void> {
  const connection = await connectAmqp(stack.broker.url);
  const channel = await connection.createConfirmChannel();
  publish = async (requestId, type, data = {}, times = 1) => {
    for (let at = 0; at < times; at += 1) {
      const event = { type, requestId, agent: 'acme', data };
      channel.publish('agent.events', type, Buffer.from(JSON.stringify(event)));
    }
    await channel.waitForConfirms();
  };
  endPublishing = () => connection.close();
}

beforeAll(async () => {
  stack = await withStack();
  await beginPublishing();
}, 90_000);
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(async () => {
  await endPublishing();
  await stack?.close();
});

const upTo = (to: number, from = 1): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test('starts, sees every event once from the first, and ends with the result', async () => {
  const client = open();
  const heard: LogEvent[] = [];
  client.on('*', (event) => heard.push(event));
  const { requestId, created } = await client.start({ userQuery: 'waiting', context: waiting(50) });
  expect(created).toBe(true);
  const ended = await client.watch(requestId).completed();
  expect(ended).toMatchObject({ status: 'completed', progress: 100, result: { waitedMs: expect.anything() } });
  expect(heard.map(({ seq }) => seq)).toEqual(upTo(ended.seq));
  expect(heard.at(-1)?.type).toBe('request.completed');
});

test('the screen is the server’s state, however it was come by', async () => {
  const requestId = randomUUID();
  await publish(requestId, 'executor.step.progress', { step: 1, tool: 't', status: 'running' });
  const run = open().watch(requestId);
  run.subscribe(() => undefined);
  await waitFor(() => run.getSnapshot().seq === 1);
  await publish(requestId, 'executor.step.output', { stepId: '1', delta: 'word ' }, 40);
  await publish(requestId, 'executor.step.progress', { step: 1, status: 'completed', result: 7 });
  await waitFor(() => run.getSnapshot().seq === 42, { what: 'seq 42' });
  const { refusal, ...screen } = run.getSnapshot();
  expect(refusal).toBeNull();
  const late = open().watch(requestId);
  late.subscribe(() => undefined);
  await waitFor(() => late.getSnapshot().seq === 42);
  expect(screen).toEqual({ ...late.getSnapshot(), refusal: undefined });
  const overRest = await (await fetch(`${stack.url}/api/requests/${requestId}`)).json();
  expect(JSON.parse(JSON.stringify(screen))).toEqual(overRest);
});

test('a request that does not exist is unknown, and goes live when it comes to be', async () => {
  const requestId = randomUUID();
  const run = open().watch(requestId);
  const heard: number[] = [];
  run.on('acme.tick', ({ seq }) => heard.push(seq));
  expect(run.getSnapshot().status).toBe('loading');
  await waitFor(() => run.getSnapshot().status === 'unknown');
  await publish(requestId, 'acme.tick', {}, 3);
  await waitFor(() => heard.length === 3);
  expect(heard).toEqual([1, 2, 3]);
  expect(run.getSnapshot()).toMatchObject({ status: 'running', seq: 3 });
});

test('a network that cuts every connection in the middle of a frame: 1,500 events, each once', async () => {
  const requestId = randomUUID();
  await publish(requestId, 'acme.tick');
  // a `state` has all that was missed in one frame: some connections must live for that long
  let nth = 0;
  const proxy = await cuttingProxy(stack.url, () => 7_919 * (1 + (nth++ % 10)) ** 2);
  try {
    const client = open({ url: proxy.url, backoff: { baseMs: 5, maxMs: 20 } });
    const run = client.watch(requestId);
    await reaches(run, 1);
    const heard: number[] = [];
    run.on('*', ({ seq }) => heard.push(seq));
    for (let at = 0; at < 15; at += 1) await publish(requestId, 'acme.tick', { text: 'x'.repeat(50) }, 100);
    await waitFor(() => heard.at(-1) === 1501, { timeoutMs: 25_000, what: `seq 1501` });
    expect(heard).toEqual(upTo(1501, 2));
    expect(proxy.cuts).toBeGreaterThan(2);
    expect(run.getSnapshot().seq).toBe(1501);
  } finally {
    await proxy.close();
  }
}, 60_000);

describe('the gateway is killed', () => {
  test('what happens meanwhile is heard once, in order, after it is back', async () => {
    const requestId = randomUUID();
    await publish(requestId, 'acme.tick', {}, 2);
    const client = open();
    const run = client.watch(requestId);
    await reaches(run, 2);
    const heard: number[] = [];
    let ended = 0;
    run.on('*', ({ seq }) => heard.push(seq));
    run.onCompleted(() => {
      ended += 1;
    });
    const states: string[] = [];
    client.status.subscribe(() => states.push(client.status.getSnapshot().state));
    await publish(requestId, 'acme.tick', {}, 3);
    await waitFor(() => heard.length === 3);
    for (let round = 0; round < 2; round += 1) {
      await stack.kill('gateway');
      await waitFor(() => client.status.getSnapshot().state === 'offline', { what: 'offline' });
      await publish(requestId, 'acme.tick', {}, 5);
      await stack.restart('gateway');
      await waitFor(() => heard.length === 8 + round * 5, { timeoutMs: 25_000, what: 'what was missed' });
    }
    expect(heard).toEqual(upTo(15, 3));
    expect(ended).toBe(0);
    await isLive(client);
    expect(states).toContain('catching-up');
    await publish(requestId, 'request.completed', { result: 1 });
    await waitFor(() => ended === 1);
    expect(run.getSnapshot()).toMatchObject({ status: 'completed', result: 1, seq: 16 });
  }, 90_000);

  test('a command given meanwhile waits, and starts its request once', async () => {
    const client = open();
    await isLive(client);
    await stack.kill('gateway');
    await waitFor(() => client.status.getSnapshot().state === 'offline');
    await expect(client.start({ userQuery: 'no' }, { whenOffline: 'fail' })).rejects.toMatchObject({
      code: 'unavailable',
    });
    const requestId = randomUUID();
    const given = client.start({ requestId, userQuery: 'later', context: waiting(10) });
    await stack.restart('gateway');
    expect(await given).toEqual({ requestId, seq: 1, created: true });
    const starts: number[] = [];
    const other = open().watch(requestId, { since: 0 });
    other.on('request.accepted', ({ seq }) => starts.push(seq));
    await other.completed();
    expect(starts).toEqual([1]);
  }, 60_000);
});

test('a command whose answer was lost has its effect once, and is answered as if nothing had happened', async () => {
  const proxy = await cuttingProxy(stack.url, () => Number.POSITIVE_INFINITY);
  try {
    const client = open({ url: proxy.url });
    // first the answer to `start` is lost …
    await isLive(client);
    proxy.cutAtNextByte();
    const { requestId } = await client.start(asking);
    expect(proxy.cuts).toBe(1);
    const run = client.watch(requestId);
    run.subscribe(() => undefined);
    const question = await waitFor(() => run.getSnapshot().question, { timeoutMs: 20_000, what: 'the question' });
    const answered: unknown[] = [];
    run.on('question.answered', ({ data }) => answered.push(data.answer));
    // … then that to an answer: the coordinator has committed it by the time that the gateway says anything
    proxy.cutAtNextByte();
    await expect(run.answer(question.questionId, 'Somebody I know')).resolves.toMatchObject({ requestId });
    expect(proxy.cuts).toBe(2);
    expect((await run.completed()).status).toBe('completed');
    expect(answered).toEqual(['Somebody I know']);
    await expect(run.answer(question.questionId, 'another')).rejects.toMatchObject({ code: 'already_answered' });
  } finally {
    await proxy.close();
  }
}, 60_000);

test('cancel cancels, disconnect only leaves', async () => {
  const client = open();
  const { requestId } = await client.start({ userQuery: 'long', context: waiting(60_000) });
  client.disconnect();
  expect(client.status.getSnapshot()).toEqual({ state: 'offline', reason: 'disconnected' });
  await expect(client.cancel(requestId)).rejects.toMatchObject({ code: 'unavailable' });
  client.connect();
  const run = client.watch(requestId);
  run.subscribe(() => undefined);
  await waitFor(() => run.getSnapshot().status === 'running', { timeoutMs: 15_000 });
  await run.cancel('enough');
  expect(await run.completed()).toMatchObject({ status: 'cancelled', cancel: { reason: 'enough' } });
  await expect(run.cancel()).rejects.toMatchObject({ code: 'already_finished' });
});

test('hundreds of requests on one connection come back after a cut, within the gateway’s limit of commands', async () => {
  const ids = Array.from({ length: 60 }, () => randomUUID());
  for (const id of ids) await publish(id, 'acme.tick');
  const client = open();
  for (const id of ids) client.watch(id).subscribe(() => undefined);
  await waitFor(() => client.status.getSnapshot().state === 'live', { timeoutMs: 25_000 });
  expect(ids.filter((id) => client.watch(id).getSnapshot().seq !== 1)).toEqual([]);
});

test('the feed: all of a user’s requests, watched or not, each event once, over a cut', async () => {
  const client = open();
  const heard: string[] = [];
  const requestId = randomUUID();
  client.feed().on('acme.tick', (event) => {
    if (event.requestId === requestId) heard.push(`${event.seq}`);
  });
  await isLive(client);
  await publish(requestId, 'acme.tick', {}, 3);
  await waitFor(() => heard.length === 3, { what: 'the first three' });
  await stack.kill('gateway');
  await waitFor(() => client.status.getSnapshot().state === 'offline');
  await publish(requestId, 'acme.tick', {}, 2);
  await stack.restart('gateway');
  await waitFor(() => heard.length === 5, { timeoutMs: 25_000, what: 'what was missed' });
  await publish(requestId, 'acme.tick');
  await waitFor(() => heard.length === 6);
  expect(heard).toEqual(['1', '2', '3', '4', '5', '6']);
  const { cursor } = client.feed().getSnapshot();
  const later = open().feed({ since: '0', types: ['acme.tick'] });
  later.subscribe(() => undefined);
  await waitFor(() => later.getSnapshot().events.some((event) => event.requestId === requestId && event.seq === 6));
  expect(later.getSnapshot().cursor).toBe(cursor);
  const nowhere = open().feed({ since: 'nonsense' });
  nowhere.subscribe(() => undefined);
  await waitFor(() => nowhere.getSnapshot().restarts === 1 && nowhere.getSnapshot().cursor !== null);
}, 60_000);

test('a gateway that is not there: it tries as often as it may, and says that it failed', async () => {
  const client = connect({ url: 'http://127.0.0.1:9', maxAttempts: 3, backoff: { baseMs: 5 } });
  clients.push(client);
  const states: string[] = [];
  client.status.subscribe(() => states.push(client.status.getSnapshot().state));
  const given = client.start({ userQuery: 'x' });
  await expect(given).rejects.toMatchObject({ code: 'unavailable', message: 'the gateway cannot be reached' });
  expect(client.status.getSnapshot()).toMatchObject({ state: 'failed', reason: { code: 'unavailable' } });
  expect(states.filter((state) => state === 'offline')).toHaveLength(2);
});

test('a page without a build step imports /client.js, from another port of this machine, in a real browser', async () => {
  const page = `<!doctype html><title>mine</title><button>Check</button><p></p>
    <script type="module">
      import { connect } from '${stack.url}/client.js';
      const client = connect({ url: '${stack.url}' });
      const said = document.querySelector('p');
      document.querySelector('button').onclick = async () => {
        const { requestId } = await client.start(${JSON.stringify(asking)});
        const run = client.watch(requestId);
        run.on('executor.question.asked', ({ data }) => run.answer(data.questionId, data.choices[0]));
        const { status, seq } = await run.completed();
        said.textContent = 'It has ' + status + ' with event ' + seq;
      };
    </script>`;
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const browser = await openBrowser();
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://localhost:${port}/`);
    await tab.getByRole('button', { name: 'Check' }).click();
    await tab.getByText(/^It has completed with event \d+$/).waitFor();
  } finally {
    await browser.close();
    server.close();
  }
}, 60_000);
