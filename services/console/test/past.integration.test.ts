import { expect } from '@jest/globals';
import { waitFor } from '@stepwire/testing';
import type { Page } from 'playwright-core';
import { logOf, planOf, startRequest, wait } from './agent.ts';
import { picture, visits } from './browser.ts';
import { type StackOfDays, stackOfDays } from './stack-of-days.ts';

const message = 'Your parcel is held, pay 2.99 at http://dhl-parcel.test/x';

let days: StackOfDays;
let parcel: string;
const visit = visits(async () => {
  days = await stackOfDays();
  parcel = await startRequest(days.url, message, { sender: 'A company or an authority' });
  const prize = await startRequest(days.url, 'You won a prize', planOf(wait('long', 600_000)));
  await fetch(`${days.url}/api/requests/${prize}/cancel`, { method: 'POST' });
  await ended(parcel);
  await ended(prize);
  await days.nextDay();
  await ended(await startRequest(days.url, 'Another parcel, of today', planOf(wait('a pause', 3_000))));
  return days;
});

async function ended(requestId: string): Promise<void> {
  await waitFor(async () => {
    const state: { finishedAt?: string } = Object(await (await fetch(`${days.url}/api/requests/${requestId}`)).json());
    return state.finishedAt;
  });
}

/** yyyy-mm-dd, as a field for dates takes it */
const dayOf = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
const found = (page: Page, query: RegExp) => page.getByRole('link', { name: query });

visit('yesterday’s requests are found by search, status and day', async ({ open }) => {
  const page = await open('/');
  await page.getByRole('link', { name: 'Requests', exact: true }).click();
  await found(page, /You won a prize/).waitFor();
  await page.getByLabel('Search requests').fill('PARCEL');
  await found(page, /You won a prize/).waitFor({ state: 'detached' });
  expect(await found(page, /parcel/i).count()).toBe(2);
  await page.getByLabel('To', { exact: true }).fill(dayOf(1));
  await found(page, /of today/).waitFor({ state: 'detached' });
  await found(page, /Your parcel/).waitFor();
  await picture(page, 'found by search and day');

  // the address is that of what is shown
  await page.reload();
  await found(page, /Your parcel/).waitFor();
  expect(await found(page, /of today|prize/).count()).toBe(0);

  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('button', { name: 'Yesterday' }).click();
  await page.getByLabel('Status').selectOption('Cancelled');
  await found(page, /You won a prize/).waitFor();
  await found(page, /Your parcel/).waitFor({ state: 'detached' });
  await picture(page, 'found by status');
});

/** where the scrubber stands: `Event 3 of 20: agent.progress` */
const standing = (page: Page) => page.getByRole('slider', { name: 'Event' }).getAttribute('aria-valuetext');

visit('an old one is replayed with the scrubber, event by event', async ({ open }) => {
  const page = await open('/requests?q=Your+parcel');
  await found(page, /Your parcel/).click();
  await page.getByRole('tab', { name: 'Replay' }).click();
  const log = await logOf(days.url, parcel);
  const step = page.getByRole('article').filter({ hasText: 'Judge the domains' });
  const shown = new Set<string>();
  await page.getByRole('slider', { name: 'Event' }).press('Home');
  for (const { seq, type } of log) {
    expect(await standing(page)).toBe(`Event ${seq} of ${log.length}: ${type}`);
    for (const status of ['Not started', 'Queued', 'Running', 'Done']) {
      if ((await step.getByText(status).count()) > 0) shown.add(status);
    }
    await page.keyboard.press('ArrowRight');
  }
  expect([...shown]).toEqual(expect.arrayContaining(['Not started', 'Running', 'Done']));
  await page.getByText('This is very likely a scam.').first().waitFor();
  await page.keyboard.press('Home');
  await step.waitFor({ state: 'detached' });
});

visit('a replay plays by itself, pauses, and comes to the end', async ({ open }) => {
  const page = await open('/requests?q=of+today');
  await found(page, /of today/).click();
  await page.getByRole('tab', { name: 'Replay' }).click();
  await page.getByRole('button', { name: 'Play' }).click();
  await page.getByRole('article').filter({ hasText: 'a pause' }).getByText('Running').waitFor();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const paused = await standing(page);
  await picture(page, 'replay');
  await page.getByRole('button', { name: '16×' }).click();
  expect(await standing(page)).toBe(paused);
  await page.getByRole('button', { name: 'Play' }).click();
  await waitFor(async () => (await standing(page))?.endsWith('request.completed'));
  await page.getByRole('button', { name: 'Play' }).waitFor();
});

visit('the waterfall has a bar for each step, over time, and says the same as a table', async ({ open }) => {
  const page = await open(`/requests/${parcel}`);
  await page.getByRole('tab', { name: 'Waterfall' }).click();
  const bars = page.getByRole('list', { name: 'Steps' });
  for (const title of ['Find what can be looked up', 'Judge the domains', 'Weigh the evidence']) {
    await bars.getByRole('button', { name: new RegExp(`^${title}: .*\\d`) }).waitFor();
  }
  await picture(page, 'waterfall');
  await page.getByRole('button', { name: 'As table' }).click();
  await page.getByRole('row', { name: /Judge the domains.*ms/ }).waitFor();
});
