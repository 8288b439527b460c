import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HttpAgent } from '@ag-ui/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, type Client as StepwireClient } from '@stepwire/client';
import { type TemporaryFolder, temporaryFolder } from '@stepwire/testing';
import { Client, upTo } from '../client.ts';
import { EventStream } from '../event-stream.ts';
import { WebSocketClient } from '../web-socket-client.ts';

const folder = join(import.meta.dirname, '../..');
const sample = join(folder, 'recordings/message-check.jsonl');
const recordedTypes = readFileSync(sample, 'utf8')
  .trim()
  .split('\n')
  .map((line) => String(JSON.parse(line).type));
/** The command itself, without RabbitMQ and without a database. */
const mock = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [join(folder, 'dist/recording/main.js'), ...args], {
    env: { PATH: process.env.PATH, AMQP_URL: 'amqp://nobody.invalid', DATA_DIR: temporary.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

let temporary: TemporaryFolder;
let child: ChildProcess;
let url: string;
let client: StepwireClient;

beforeAll(async () => {
  temporary = temporaryFolder();
  child = mock('--speed', '8', '--port', '0');
  if (child.stdout === null) throw new Error('no output');
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    url = /ready at (http:\S+)/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
  expect(lines[0]).toMatch(/^message-check\.jsonl: 29 events of [\d.]+ s, 1 question, at 8 times its speed$/);
  client = connect({ url });
}, 30_000);
afterAll(async () => {
  client?.disconnect();
  child?.kill('SIGTERM');
  if (child?.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
  temporary.remove();
});

/** Started by our client, which also answers. @returns when it has ended */
async function played(requestId: string): Promise<void> {
  const run = client.watch(requestId);
  run.on('executor.question.asked', ({ data }) => void run.answer(data.questionId, 'Somebody I know'));
  const ended = run.completed();
  await client.start({ requestId, userQuery: `is ${requestId} safe?` });
  expect(await ended).toMatchObject({ status: 'completed', seq: recordedTypes.length });
}

test('whoever follows by whatever door has the same events, each once, to the end', async () => {
  const requestId = 'one';
  const heard: unknown[] = [];
  client.watch(requestId).on('*', (event) => void heard.push(event));
  const socketIo = new Client(url, { requestId });
  await socketIo.frame('state');
  const feed = await EventStream.open(`${url}/api/feed`);
  await played(requestId);
  await socketIo.reaches(recordedTypes.length);
  socketIo.socket.close();
  expect(socketIo.seqs).toEqual(upTo(recordedTypes.length));

  const stream = await EventStream.open(`${url}/api/requests/${requestId}/events`);
  await stream.end();
  expect(stream.payloads.map(({ type }) => type)).toEqual(recordedTypes);
  expect(stream.payloads).toEqual(heard);
  const page = Object(await (await fetch(`${url}/api/requests/${requestId}/events`)).json());
  expect(page.events).toEqual(heard);
  await feed.reaches(feed.ids[recordedTypes.length - 1] ?? '');
  feed.close();
  expect(feed.payloads).toEqual(heard);
}, 30_000);

test('plain WebSockets, AG-UI, REST and the console are served too', async () => {
  const webSocket = new WebSocketClient(`${url}/ws/agents`);
  await played('two');
  await webSocket.message(({ type }) => type === 'task.completed');
  webSocket.socket.terminate();
  const agent = new HttpAgent({ url: `${url}/api/ag-ui`, threadId: 'thread' });
  agent.addMessage({ id: '1', role: 'user', content: 'is this safe?' });
  const types: string[] = [];
  await agent.runAgent({}, { onEvent: ({ event }) => void types.push(event.type) });
  expect([types[0], types.at(-1)]).toEqual(['RUN_STARTED', 'RUN_FINISHED']);
  const list = Object(await (await fetch(`${url}/api/requests?q=TWO&status=completed`)).json());
  expect(list).toMatchObject({ requests: [{ requestId: 'two', progress: 100 }], cursor: null });
  expect(await (await fetch(url, { headers: { accept: 'text/html' } })).text()).toContain('<div id="root">');
  expect((await fetch(`${url}/ready`)).status).toBe(200);
}, 30_000);

test('a cancel ends it, and what is refused is refused as elsewhere', async () => {
  const { requestId } = await client.start({ requestId: 'three', userQuery: 'stop' });
  const run = client.watch(requestId);
  const ended = run.completed();
  await run.cancel('enough');
  expect(await ended).toMatchObject({ status: 'cancelled' });
  await expect(run.cancel()).rejects.toMatchObject({ code: 'already_finished' });
  await expect(client.start({ requestId, userQuery: 'another' })).rejects.toMatchObject({ code: 'conflict' });
  expect((await fetch(`${url}/api/requests/nobody-knows`)).status).toBe(404);
});

test('a share lets others watch until it is taken back', async () => {
  const api = `${url}/api/requests/one`;
  const share = Object(await (await fetch(`${api}/shares`, { method: 'POST' })).json());
  expect(await (await fetch(`${api}/shares`)).json()).toMatchObject({ shares: [{ requestId: 'one' }] });
  expect((await fetch(share.url)).status).toBe(200);
  expect((await fetch(`${api}/shares/${share.shareId}`, { method: 'DELETE' })).status).toBe(204);
  expect(await (await fetch(`${api}/shares`)).json()).toEqual({ shares: [] });
});

test.each([
  [['--speed', 'fast'], 2, /^--speed must be a number from 0, is "fast"\n\nUsage: npm run mock/],
  [['--port', '99999'], 1, /^PORT must be a whole number/],
  [['missing.jsonl'], 1, /^missing\.jsonl can't be read: ENOENT/],
  [['bad.jsonl'], 1, /^bad\.jsonl:1: an event of the log has id, seq and timestamp\n$/],
])('%j is refused in words', async (args, code, message) => {
  writeFileSync(join(temporary.path, 'bad.jsonl'), '{}');
  const refused = spawn(process.execPath, [join(folder, 'dist/recording/main.js'), ...args], { cwd: temporary.path });
  let said = '';
  refused.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const [status] = await once(refused, 'close');
  expect([said, status]).toEqual([expect.stringMatching(message), code]);
});
