import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { agUi, fold, guide, toolProgress } from '@stepwire/dialects';
import type { LogEvent } from '@stepwire/protocol';
import { initialState } from '@stepwire/run-model';
import { type OwnStack, openBrowser, Publisher, TcpProxy, waitFor, withStack } from '@stepwire/testing';
import type { Browser } from 'playwright-core';
import { EventSourceInPage } from './doors/event-source.ts';
import { CurlFollower, ProgramFollower } from './doors/followers.ts';
import { data, dense } from './watcher.ts';

const suspicious = 'Your parcel is held, pay 2.99 at http://dhl-parcel.test/x or call +44 7700 900123';

let stack: OwnStack;
let browser: Browser;
let publisher: Publisher;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  [stack, browser] = await Promise.all([withStack(), openBrowser()]);
  publisher = await Publisher.open(stack.broker.url);
}, 120_000);
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
  await publisher?.close();
  await browser?.close();
  await stack?.close();
});

const proxied = async (): Promise<TcpProxy> => {
  const proxy = await TcpProxy.open(stack.url);
  closing.push(() => proxy.close());
  return proxy;
};
const addressOf = ({ url }: TcpProxy): string => url.replace(/\/$/, '');

async function logOf(requestId: string): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for (let head = 1; events.length < head; ) {
    const response = await fetch(`${stack.url}/api/requests/${requestId}/events?since=${events.length}`);
    const page: { head: number; events: LogEvent[] } = Object(await response.json());
    head = page.head;
    events.push(...page.events);
  }
  return events;
}

test('five kinds of clients follow one request, each cut twice, and each has every event exactly once', async () => {
  const requestId = randomUUID();
  // until it is back nothing is asked, so what happens in between is what this test says
  await stack.terminate('executor');
  const proxies = await Promise.all(Array.from({ length: 5 }, proxied));
  const [curlLine, browserLine, plainLine, socketLine, agLine] = proxies.map(addressOf);

  const agent = new ProgramFollower('ag-ui-client.mjs', agLine ?? '', requestId, suspicious);
  const posted = (nth: number) =>
    agent.lines.flatMap(({ post, event }) => (post === nth ? [{ ...Object(event) }] : []));
  await waitFor(async () => (await fetch(`${stack.url}/api/requests/${requestId}`)).ok, { what: 'the request' });
  const curl = new CurlFollower(`${curlLine}/api/requests/${requestId}/events`);
  const plain = new ProgramFollower(
    'websocket_client.py',
    `${plainLine?.replace('http', 'ws')}/ws/agent-progress/${requestId}`,
  );
  const socket = new ProgramFollower('socketio_client.py', socketLine ?? '', requestId);
  closing.push(...[agent, curl, plain, socket].map((each) => () => each.close()));
  const page = await browser.newPage();
  const source = await EventSourceInPage.open(page, browserLine ?? '', `/api/requests/${requestId}/events`);

  /** every client has heard that thought */
  const heard = (nth: number) =>
    waitFor(
      async () => {
        const said = `thought ${nth}.`;
        const inPage = JSON.stringify(await source.heard());
        const each = [curl.heard, plain.lines, socket.lines, posted(Number(agent.lines.at(-1)?.post))].map((all) =>
          JSON.stringify(all),
        );
        const missing = ['curl', 'websockets', 'socketio', 'HttpAgent'].filter((_, at) => !each[at]?.includes(said));
        if (!inPage.includes(said)) missing.push('EventSource');
        if (missing.length > 0) throw new Error(`${said} was not heard by ${missing.join(' ')}`);
        return true;
      },
      { what: 'the thought, everywhere', timeoutMs: 20_000 },
    );
  for (let nth = 1; nth <= 60; nth += 1) {
    await publisher.event(requestId, 'agent.thinking', { thought: `thought ${nth}.`, iteration: nth });
    if (nth === 20 || nth === 40) {
      await heard(nth - 3);
      for (const proxy of proxies) proxy.cut();
    }
  }
  await heard(60);
  await stack.restart('executor');
  await Promise.all([curl.ended, plain.ended, socket.ended, agent.ended]);
  await waitFor(() => source.closed(), { what: 'the EventSource to stop', timeoutMs: 20_000 });

  const log = await logOf(requestId);
  const folded = (dialect: typeof toolProgress) =>
    fold(dialect, initialState(requestId), log).messages.map(({ payload, seq }) => ({ ...Object(payload), seq }));
  expect(log.map(({ seq }) => seq)).toEqual(dense(1, log.length));
  expect(log.length).toBeGreaterThan(80);

  const whole = log.map((event) => ({ id: String(event.seq), data: event }));
  expect(curl.heard).toEqual(whole);
  expect(curl.exits).toEqual([expect.any(Number), expect.any(Number), 0, 0]);
  expect(curl.exits.slice(0, 2)).not.toContain(0);
  expect(await source.heard()).toEqual(whole);

  expect(plain.lines.filter(({ cut }) => cut)).toHaveLength(2);
  const progress = plain.lines.filter(({ cut, heartbeat, step }) => !cut && !heartbeat && step !== 'connected');
  expect(progress).toEqual(folded(toolProgress));

  expect(socket.lines.filter(({ name }) => name === 'cut').length).toBeGreaterThanOrEqual(2);
  const frames = socket.lines.flatMap(({ name, body }) => {
    if (name === 'cut') return [];
    return name === 'state' ? data({ data: body }).missed : [body];
  });
  expect(frames).toEqual(guide.messages(log).map(({ payload }) => payload));

  const dialect = agUi({ threadId: `thread of ${requestId}`, runId: requestId });
  const all = fold(dialect, initialState(requestId), log).messages.map(({ payload }) => payload);
  // without a cursor, each is told from the beginning; the third is whole, until it waits for an answer
  const runs = [1, 2, 3].map((nth) => posted(nth).filter(({ timestamp }) => timestamp !== undefined));
  for (const run of runs) expect(run).toEqual(all.slice(0, run.length));
  expect(runs[2]?.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'interrupt' } });
  expect(posted(4).at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'success' } });
  const messages: { role: string; content: string }[] = Object(agent.lines.at(-1)).messages;
  const thoughts = messages.filter(({ role }) => role === 'reasoning').map(({ content }) => content);
  expect(thoughts).toEqual(dense(1, 60).map((nth) => `thought ${nth}.`));
}, 120_000);
