import { randomUUID } from 'node:crypto';
import { afterAll, expect } from '@jest/globals';
import { TcpProxy, waitFor } from '@stepwire/testing';
import type { Page } from 'playwright-core';
import { logOf, planOf, startRequest, type Told, wait } from './agent.ts';
import { phone, picture, type Visit, visits } from './browser.ts';
import { eventsOnScreen } from './events-on-screen.ts';

/** from a phone to us and back (ms) */
const LATENCY_MS = 400;
/** a packet in so many is lost: TCP sends it again after some time, and what follows waits for it (ms) */
const LOST_ONE_IN = 20;
const SENT_AGAIN_MS = 600;

const OFFLINE_MS = 30_000;

const visit = visits();
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

/** a line of one's own */
async function lineTo({ stack }: Visit): Promise<TcpProxy> {
  const proxy = await TcpProxy.open(stack.url);
  closing.push(() => proxy.close());
  return proxy;
}

const thoughts = (from: number, to: number): Told[] =>
  Array.from({ length: to - from + 1 }, (_, nth) => ({
    type: 'agent.thinking',
    data: { thought: `thought ${from + nth}.`, iteration: from + nth },
  }));

/** no network: the browser knows it, and nothing passes */
async function offline(page: Page, line: TcpProxy, is: boolean): Promise<void> {
  if (is) line.cut(true);
  else line.release();
  await page.context().setOffline(is);
}

/** what the page lists is the log: all of it, once, in order */
async function expectTheLog(page: Page, requestId: string, url: string): Promise<void> {
  const log = await logOf(url, requestId);
  const kept = log.map(({ seq, type }) => `${seq} ${type}`);
  await page.getByText(`${log.length} events`).first().waitFor();
  expect(await eventsOnScreen(page)).toEqual(kept);
}

visit('the network is lost, the page says so, and catches up', async (its) => {
  const { stack, agent, open } = its;
  const requestId = randomUUID();
  await agent.tell(requestId, thoughts(1, 10));
  const line = await lineTo(its);
  const page = await open(`/requests/${requestId}?view=events`, { url: line.url });
  await page.getByText('thought 10.').first().waitFor();
  await offline(page, line, true);
  await page.getByText('Offline').first().waitFor();
  await agent.tell(requestId, thoughts(11, 30));
  await picture(page, 'offline');
  await offline(page, line, false);
  await page.getByText('thought 30.').first().waitFor();
  await page.getByText('Offline').first().waitFor({ state: 'hidden' });
  await expectTheLog(page, requestId, stack.url);
});

visit(
  'offline for 30 s, in which a plan goes to its end',
  async (its) => {
    const { stack, open } = its;
    const halves = [wait('first half', OFFLINE_MS / 2), wait('second half', OFFLINE_MS / 2, 'first half')];
    const line = await lineTo(its);
    const page = await open('/', { url: line.url });
    const requestId = await startRequest(stack.url, 'half a minute', planOf(...halves));
    await page.getByRole('link', { name: /half a minute/ }).click();
    await page.getByRole('article').filter({ hasText: 'first half' }).getByText('Running').waitFor();
    await offline(page, line, true);
    const lost = performance.now();
    await waitFor(async () => (await logOf(stack.url, requestId)).at(-1)?.type === 'request.completed', {
      timeoutMs: OFFLINE_MS + 15_000,
      everyMs: 500,
    });
    await waitFor(() => performance.now() - lost > OFFLINE_MS, { timeoutMs: OFFLINE_MS });
    await page.getByText('What you see is how it was').waitFor();
    expect(await page.getByText('Completed').count()).toBe(0);
    await picture(page, 'offline for long');
    await offline(page, line, false);
    await page.getByText('Completed').first().waitFor();
    await page.getByRole('tab', { name: 'Events' }).click();
    await expectTheLog(page, requestId, stack.url);
  },
  90_000,
);

visit(
  'a gateway is killed in mid-request and comes back: nothing is missing on screen, and nothing double',
  async (its) => {
    const { stack, agent, open } = its;
    const requestId = randomUUID();
    await agent.tell(requestId, thoughts(1, 20));
    const page = await open(`/requests/${requestId}?view=events`);
    await page.getByText('thought 20.').first().waitFor();
    await stack.kill('gateway');
    await agent.tell(requestId, thoughts(21, 40));
    await picture(page, 'without a gateway');
    await stack.restart('gateway');
    await agent.tell(requestId, [...thoughts(41, 60), { type: 'request.completed', data: { result: 'All there' } }]);
    await page.getByText('Completed').first().waitFor();
    await expectTheLog(page, requestId, stack.url);
  },
);

visit('on a mobile network a check is started, watched and answered', async (its) => {
  const { stack, open } = its;
  const line = await lineTo(its);
  let packets = 0;
  line.slow(() => {
    packets += 1;
    return LATENCY_MS / 2 + (packets % LOST_ONE_IN === 0 ? SENT_AGAIN_MS : 0);
  });
  const page = await open('/', { ...phone, url: line.url });
  await page.getByLabel('What should be checked?').fill('You won! Claim it at http://prize.test');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.getByRole('button', { name: 'Somebody I know' }).click();
  await page.getByText('Completed').first().waitFor();
  await picture(page, 'on a mobile network');
  await page.getByRole('tab', { name: 'Events' }).click();
  await expectTheLog(page, new URL(page.url()).pathname.split('/').at(-1) ?? '', stack.url);
});
