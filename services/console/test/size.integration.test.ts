import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Told } from './agent.ts';
import { longestTaskMs, picture, visits } from './browser.ts';

const FIRST_LOAD_MAX_BYTES = 200_000;
/** what any of these pages has on screen and a little beyond it, in elements */
const MAX_ELEMENTS = 2_000;
/** nobody takes a page for frozen that is busy for less (ms of CPU) */
const MAX_TASK_MS = 250;

const visit = visits();
const upTo = (count: number): number[] => Array.from({ length: count }, (_, nth) => nth + 1);
const elements = (page: Page): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length);

visit('the first load is below 200 kB, as it comes over the line', async ({ open, stack }) => {
  const page = await open('about:blank');
  const sizes: Promise<readonly [string, number]>[] = [];
  page.on('requestfinished', (request) => {
    const { pathname } = new URL(request.url());
    if (/^\/(api|socket\.io)\//.test(pathname)) return;
    sizes.push(request.sizes().then(({ responseBodySize }) => [pathname, responseBodySize]));
  });
  await page.goto(stack.url);
  await page.getByLabel('What should be checked?').waitFor();
  const fetched = await Promise.all(sizes);
  const total = fetched.reduce((sum, [, bytes]) => sum + bytes, 0);
  expect({ total: total < FIRST_LOAD_MAX_BYTES ? 'fits' : fetched }).toEqual({ total: 'fits' });
});

visit('a plan of 500 steps', async ({ agent, open }) => {
  const requestId = randomUUID();
  const steps = upTo(500).map((order) => ({ id: `s${order}`, order, title: `Step ${order}`, action: 'look' }));
  const progress = (order: number, status: string): Told => ({
    type: 'executor.step.progress',
    data: { stepId: `s${order}`, stepOrder: order, tool: 'look', status },
  });
  await agent.tell(requestId, [{ type: 'planner.plan.created', data: { plan: { goal: 'A long way', steps } } }]);
  const page = await open(`/requests/${requestId}`);
  await page.getByText('Step 1', { exact: true }).first().waitFor();
  const busy = await clicking(page, async () => {
    for (const order of upTo(499))
      await agent.tell(requestId, [progress(order, 'running'), progress(order, 'completed')]);
  });
  await agent.tell(requestId, [progress(500, 'running')]);
  await page.getByText('Step 500', { exact: true }).first().waitFor();
  await picture(page, '500 steps');
  expect(busy).toBeLessThan(MAX_TASK_MS);
  expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
  await page.getByRole('tab', { name: 'Waterfall' }).click();
  await page.getByText('Step 1', { exact: true }).first().waitFor();
  await picture(page, '500 steps as a waterfall');
  expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
});

visit('50 requests in the feed, all of them going on', async ({ agent, open }) => {
  const page = await open('/');
  await page.getByLabel('What should be checked?').waitFor();
  const ids = upTo(50).map((nth) => `feed-${nth}`);
  for (const id of ids) await agent.tell(id, [{ type: 'request.accepted', data: { userQuery: `Question ${id}` } }]);
  for (const percent of [10, 50, 90]) {
    for (const id of ids) await agent.tell(id, [{ type: 'agent.progress', data: { percent, stage: 'reading' } }]);
  }
  await page.getByText('Question feed-50').first().waitFor();
  await page.getByText('90 %').first().waitFor();
  await picture(page, '50 requests');
  for (const id of ids) await agent.tell(id, [{ type: 'request.completed', data: { result: 1 } }]);
  await page.getByText('Completed').first().waitFor();
  await picture(page, '50 requests ended');
  expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
});

visit('10,000 log lines in a step', async ({ agent, open }) => {
  const requestId = randomUUID();
  const line = (nth: number): Told => ({
    type: 'executor.step.output',
    data: { stepId: 'build', delta: `line ${nth} of the build\n` },
  });
  const plan = { goal: 'Build it', steps: [{ id: 'build', order: 1, title: 'Build', action: 'make' }] };
  const running = { stepId: 'build', stepOrder: 1, tool: 'make', status: 'running' };
  await agent.tell(requestId, [
    { type: 'planner.plan.created', data: { plan } },
    { type: 'executor.step.progress', data: running },
  ]);
  const page = await open(`/requests/${requestId}`);
  await page.getByText('Build', { exact: true }).first().waitFor();
  const busy = await clicking(page, async () => {
    for (const hundred of upTo(100))
      await agent.tell(
        requestId,
        upTo(100).map((nth) => line((hundred - 1) * 100 + nth)),
      );
  });
  await page.getByText('line 10000 of the build').first().waitFor();
  await picture(page, '10000 lines');
  expect(busy).toBeLessThan(MAX_TASK_MS);
  expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
});

/** Goes to and fro between two views while that happens. @returns ms that the page was busy at the longest */
const clicking = (page: Page, meanwhile: () => Promise<void>): Promise<number> =>
  longestTaskMs(page, async () => {
    let over = false;
    const done = meanwhile().finally(() => {
      over = true;
    });
    while (!over) {
      for (const name of ['Events', 'Plan']) {
        await page.getByRole('tab', { name }).click();
        await page.getByRole('tab', { name, selected: true }).waitFor();
      }
    }
    await done;
  });
