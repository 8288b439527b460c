import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type NginxForTest,
  type OwnStack,
  openBrowser,
  Publisher,
  waitFor,
  withNginx,
  withStack,
} from '@stepwire/testing';
import type { Browser } from 'playwright-core';
import { barestNginxConf, nginxConf } from '../src/doors/nginx-conf.ts';
import { keepSilent } from '../src/doors/silence.ts';
import { EventSourceInPage } from './doors/event-source.ts';
import { CurlFollower, ProgramFollower } from './doors/followers.ts';
import { dense, Watcher } from './watcher.ts';

let stack: OwnStack;
let nginx: NginxForTest;
let barest: NginxForTest;
let publisher: Publisher;
let browser: Browser;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  [stack, browser] = await Promise.all([withStack({ STREAM_HEARTBEAT_MS: '100' }), openBrowser()]);
  publisher = await Publisher.open(stack.broker.url);
  [nginx, barest] = await Promise.all([withNginx(nginxConf(stack.url)), withNginx(barestNginxConf(stack.url))]);
}, 120_000);
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
  await browser?.close();
  await publisher?.close();
  await Promise.all([nginx?.close(), barest?.close()]);
  await stack?.close();
});

/** A request of the one user there is, with so many events. */
async function begun(events: number): Promise<string> {
  const requestId = randomUUID();
  await publisher.ticks(requestId, events, 'local');
  await waitFor(async () => (await page(requestId, 0)).length === events, { what: `${events} events` });
  return requestId;
}
async function page(requestId: string, since: number): Promise<{ seq: number }[]> {
  return Object(await (await fetch(`${stack.url}/api/requests/${requestId}/events?since=${since}`)).json()).events;
}
const seqsOf = ({ heard }: CurlFollower): number[] => heard.map(({ id }) => Number(id));

test('a client leaves by one door and goes on by another, with the same cursor', async () => {
  const requestId = await begun(2);
  const first = new Watcher(stack.url);
  closing.push(() => first.close());
  await first.ask('rejoin', { requestId, since: 0 });
  const state = await first.frame('state');
  await publisher.ticks(requestId, 2);
  await waitFor(() => first.seqs.at(-1) === 4, { what: '4 by Socket.IO' });
  const missed: { seq: number }[] = Object(state.body).missed;
  expect([...missed.map(({ seq }) => seq), ...first.seqs]).toEqual(dense(1, 4));
  first.close();

  await publisher.ticks(requestId, 2);
  const second = new CurlFollower(`${stack.url}/api/requests/${requestId}/events?since=4`);
  closing.push(() => second.close());
  await waitFor(() => seqsOf(second).length === 2, { what: '5 and 6 by SSE' });
  expect(seqsOf(second)).toEqual([5, 6]);
  second.close();

  await publisher.event(requestId, 'agent.progress', { percent: 40, stage: 'seventh', message: 'seventh' });
  const script = `${stack.url.replace('http', 'ws')}/ws/agent-progress/${requestId}?since=6`;
  const third = new ProgramFollower('websocket_client.py', script);
  closing.push(() => third.close());
  await waitFor(() => third.lines.some(({ message }) => message === 'seventh'), { what: '7 by WebSocket' });
  const seqs = third.lines.flatMap(({ seq, step }) => (seq === undefined || step === 'connected' ? [] : [seq]));
  expect(seqs).toEqual([7]);
  third.close();

  await publisher.event(requestId, 'request.completed', { result: 1 });
  await waitFor(async () => (await page(requestId, 7)).length === 1, { what: '8 by REST' });
  expect((await page(requestId, 7)).map(({ seq }) => seq)).toEqual([8]);
}, 60_000);

test('the cursor of one feed goes on in the others', async () => {
  const one = await begun(1);
  const mine = (events: { requestId?: unknown; seq?: unknown }[]) =>
    events.filter(({ requestId }) => requestId === one).map(({ seq }) => seq);
  const first = new Watcher(stack.url);
  closing.push(() => first.close());
  expect(await first.ask('feed', {})).toMatchObject({ ok: true, cursor: expect.any(String) });
  await publisher.event(one, 'executor.step.progress', { stepId: 's', stepOrder: 1, status: 'running', tool: 'look' });
  const { body } = await first.frame('feed', ({ event }) => Object(event).seq === 2);
  first.close();

  await publisher.event(one, 'executor.step.progress', { stepId: 's', status: 'running', tool: 'look', percent: 50 });
  const second = new CurlFollower(`${stack.url}/api/feed?since=${body.cursor}`);
  closing.push(() => second.close());
  await waitFor(() => second.heard.length > 0, { what: 'event 3 in /api/feed' });
  expect(mine(second.heard.map(({ data }) => Object(data)))).toEqual([3]);
  const cursor = second.heard.at(-1)?.id;
  second.close();

  await publisher.event(one, 'executor.step.progress', {
    stepId: 's',
    stepOrder: 1,
    status: 'completed',
    tool: 'look',
  });
  const agents = `${stack.url.replace('http', 'ws')}/ws/agents?since=${cursor}`;
  const third = new ProgramFollower('websocket_client.py', agents);
  closing.push(() => third.close());
  await waitFor(() => third.lines.length > 0, { what: 'event 4 in /ws/agents' });
  expect(third.lines).toEqual([expect.objectContaining({ type: 'task.progress', taskId: one, tool: 'look' })]);

  const back = new Watcher(stack.url);
  closing.push(() => back.close());
  await publisher.event(one, 'request.completed', { result: 1 });
  expect(await back.ask('feed', { since: third.lines[0]?.cursor })).toMatchObject({ ok: true });
  const { body: last } = await back.frame('feed');
  expect(Object(last.event)).toMatchObject({ requestId: one, seq: 5, type: 'request.completed' });
  third.close();
}, 60_000);

test('through an nginx that buffers, each event comes before the next is published; resume and the end work', async () => {
  for (const { url } of [barest, nginx]) {
    const requestId = await begun(1);
    const curl = new CurlFollower(`${url}/api/requests/${requestId}/events`);
    closing.push(() => curl.close());
    for (let seq = 1; seq <= 20; seq += 1) {
      await waitFor(() => seqsOf(curl).at(-1) === seq, { what: `event ${seq}` });
      if (seq < 20) await publisher.ticks(requestId, 1);
    }
    expect(curl.exits).toEqual([]);
    const resumed = new CurlFollower(`${url}/api/requests/${requestId}/events?since=15`);
    closing.push(() => resumed.close());
    await publisher.event(requestId, 'request.completed', { result: 1 });
    await Promise.all([curl.ended, resumed.ended]);
    expect(seqsOf(curl)).toEqual(dense(1, 21));
    expect(seqsOf(resumed)).toEqual(dense(16, 21));
  }
}, 60_000);

test('a hundred heartbeats of silence, direct and through nginx: every stream stays and hears the rest', async () => {
  const ways = { direct: stack.url, 'through nginx': nginx.url };
  const silences = await keepSilent(stack.broker.url, ways, 10_000);
  expect(silences.map(({ door, fault }) => ({ door, fault }))).toEqual(
    Object.keys(ways).flatMap((way) =>
      ['SSE', 'WebSocket', 'Socket.IO'].map((door) => ({ door: `${door}, ${way}`, fault: undefined })),
    ),
  );
  for (const { door, heartbeats } of silences) {
    if (!door.startsWith('Socket.IO')) expect(heartbeats).toBeGreaterThan(40);
  }
}, 60_000);

test('an EventSource that heard the end asks once more, is told 204, and never again', async () => {
  const requestId = await begun(1);
  const path = `/api/requests/${requestId}/events`;
  const source = await EventSourceInPage.open(await browser.newPage(), nginx.url, path);
  await waitFor(async () => (await source.heard()).length === 1, { what: 'the first event' });
  await publisher.event(requestId, 'request.completed', { result: 1 });
  await waitFor(() => source.closed(), { what: 'the EventSource to stop', timeoutMs: 20_000 });
  // another one that is left waiting comes back by itself as often: where the first would have, it has by then
  const asked = () => nginx.requests().filter((line) => line.includes(path));
  const lastly = await EventSourceInPage.open(await browser.newPage(), nginx.url, path);
  await waitFor(() => lastly.closed(), { what: 'another one to stop', timeoutMs: 20_000 });
  const once = [`GET ${path} 200`, `GET ${path} 204`];
  expect(asked()).toEqual([...once, ...once]);
}, 60_000);
