import { expect } from '@jest/globals';
import { waitFor } from '@stepwire/testing';
import type { Page } from 'playwright-core';
import { planOf, startRequest, wait } from './agent.ts';
import { picture, visits } from './browser.ts';

const message = 'Your parcel is held, pay 2.99 at http://dhl-parcel.test/x or call +44 7700 900123';

const visit = visits();

async function check(page: Page, text = message): Promise<string> {
  await page.getByLabel('What should be checked?').fill(text);
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.waitForURL('**/requests/*');
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

/** what the plan shows of a step */
const step = (page: Page, title: string) => page.getByRole('article').filter({ hasText: title });

visit(
  'a message check, from its start to the verdict: the plan with times and tool results, a question, the reasons',
  async ({ open }) => {
    const page = await open('/');
    await picture(page, 'home at first');
    await check(page);
    await page.getByRole('button', { name: 'A company or an authority' }).waitFor();
    await step(page, 'Judge the domains').getByText('Done').waitFor();
    await page.getByRole('button', { name: 'Details of Judge the domains' }).click();
    await step(page, 'Judge the domains').getByText('dhl-parcel.test').first().waitFor();
    await picture(page, 'a question is open');
    await page.getByRole('button', { name: 'A company or an authority' }).click();
    await page.getByText('This is very likely a scam.').first().waitFor();
    await step(page, 'Weigh the evidence').getByText('Done').waitFor();
    await picture(page, 'verdict');
  },
);

visit('a plan lights up step by step, as its agent works', async ({ agent, open }) => {
  const page = await open('/requests/research-1');
  await page.getByText('Not found').first().waitFor();
  const steps = ['Search the archive', 'Read what was found', 'Write it up'].map((title, nth) => ({
    ...{ id: `s${nth + 1}`, order: nth + 1, title, action: 'research' },
    dependsOn: nth === 0 ? [] : [`s${nth}`],
  }));
  await agent.tell('research-1', [{ type: 'planner.plan.created', data: { plan: { goal: 'Find out', steps } } }]);
  for (const { id, order, title } of steps) {
    const progress = { stepId: id, stepOrder: order, tool: 'research' };
    await step(page, title).getByText('Not started').waitFor();
    await agent.tell('research-1', [{ type: 'executor.step.progress', data: { ...progress, status: 'running' } }]);
    await step(page, title).getByText('Running').waitFor();
    const result = { found: order * 11 };
    const done = { ...progress, status: 'completed', durationMs: order * 1500, result };
    await agent.tell('research-1', [{ type: 'executor.step.progress', data: done }]);
    await step(page, title).getByText('Done').waitFor();
    await step(page, title)
      .getByText(/1\.5|3\.0|4\.5/)
      .waitFor();
  }
  await picture(page, 'an agent of one’s own');
});

visit('another one is cancelled, and really stops', async ({ open, stack }) => {
  const page = await open('/');
  const requestId = await startRequest(stack.url, 'a long one', planOf(wait('long', 600_000)));
  await page.getByRole('link', { name: /a long one/ }).click();
  await step(page, 'long').getByText('Running').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page
    .getByRole('button', { name: /Cancel/ })
    .last()
    .click();
  await page.getByText('Cancelled').first().waitFor();
  await waitFor(async () => {
    const state: { status: string } = Object(await (await fetch(`${stack.url}/api/requests/${requestId}`)).json());
    return state.status === 'cancelled';
  });
  await picture(page, 'cancelled');
});

visit('a second window shows the same', async ({ open, stack }) => {
  const requestId = await startRequest(stack.url, message);
  const first = await open(`/requests/${requestId}`);
  const second = await first.context().newPage();
  await second.goto(first.url());
  const choice = (page: Page) => page.getByRole('button', { name: 'Somebody I know' });
  await Promise.all([choice(first).waitFor(), choice(second).waitFor()]);
  await choice(second).click();
  for (const page of [first, second]) await step(page, 'Weigh the evidence').getByText('Done').waitFor();
  const seen = (page: Page) => page.getByRole('article').allInnerTexts();
  expect(await seen(first)).toEqual(await seen(second));
});
