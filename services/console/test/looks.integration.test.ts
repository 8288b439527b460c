import { expect } from '@jest/globals';
import { waitFor } from '@stepwire/testing';
import type { Page } from 'playwright-core';
import { logOf, planOf, startRequest, wait } from './agent.ts';
import { axeComplaints } from './axe.ts';
import { desktop, phone, picture, type Visit, visits } from './browser.ts';
import { halfWay } from './half-way.ts';

const visit = visits();

/** every page, with something on it, and what is there once it is shown */
const pages: readonly (readonly [name: string, path: string, shows: RegExp])[] = [
  ['home', '/', /Something that takes long/],
  ['requests', '/requests', /Something that takes long/],
  ['plan', '/requests/half-way', /Draft the report/],
  ['waterfall', '/requests/half-way?view=waterfall', /Draft the report/],
  ['replay', '/requests/half-way?view=replay', /Draft the report/],
  ['events', '/requests/half-way?view=events', /12 of 30 tables/],
  ['space', '/requests/half-way/space', /Draft the report/],
  ['a failed one', '/requests/it-fails', /The report is not there/],
  ['dead letters', '/dead-letters', /percent/],
  ['unknown request', '/requests/nobody-knows', /not found|no such/i],
  ['unknown page', '/no-such-page', /not found|no such/i],
];

let prepared: Promise<void> | undefined;
async function prepare({ stack, agent }: Visit): Promise<void> {
  await agent.mumble('{"type": "agent.progress", "requestId": "r", "data": {"percent": "half"}}');
  await startRequest(stack.url, 'Something that takes long', planOf(wait('Wait for the mail server', 600_000)));
  const failed = [{ type: 'request.accepted', data: { userQuery: 'Summarise the quarterly report' } }];
  await agent.tell('it-fails', [...failed, { type: 'request.failed', data: { message: 'The report is not there' } }]);
  await agent.tell('half-way', halfWay);
  await waitFor(async () => (await logOf(stack.url, 'half-way')).length === halfWay.length);
}

/** what sticks out to the right, so that the page has to be pushed */
const wider = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

for (const [size, screen] of Object.entries({ phone, desktop })) {
  visit(
    `every page on a ${size}, light and dark: nothing for axe to complain about, nothing sticks out`,
    async (its) => {
      prepared ??= prepare(its);
      await prepared;
      const complaints: unknown[] = [];
      const page = await its.open('about:blank', { ...screen, reducedMotion: 'reduce' });
      for (const [name, path, shows] of pages) {
        await page.goto(`${its.stack.url}${path}`);
        await page.getByText(shows).first().waitFor();
        await picture(page, `${name} ${size}`, { fullPage: true });
        for (const complaint of await axeComplaints(page)) complaints.push({ name, complaint });
        // as axe left it
        await picture(page, `${name} ${size} dark`, { fullPage: true });
        await page.emulateMedia({ colorScheme: 'light' });
        const sticksOut = await wider(page);
        if (sticksOut > 0) complaints.push({ name, sticksOut });
      }
      expect(complaints).toEqual([]);
    },
    180_000,
  );
}
