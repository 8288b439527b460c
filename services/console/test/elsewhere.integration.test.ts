import { expect } from '@jest/globals';
import { waitFor } from '@stepwire/testing';
import { planOf, startRequest, wait } from './agent.ts';
import { picture, visits } from './browser.ts';

const visit = visits();
const patient = { timeoutMs: 30_000 };

visit('what ends while one looks elsewhere is told, and leads there', async ({ agent, open }) => {
  const begin = (userQuery: string) => [{ type: 'request.accepted', data: { userQuery } }];
  await agent.tell('good', begin('Translate the manual'));
  await agent.tell('bad', begin('Summarise the report'));
  const page = await open('/');
  for (const name of [/Translate the manual/, /Summarise the report/]) await page.getByRole('link', { name }).waitFor();
  await page.getByRole('link', { name: 'Requests', exact: true }).click();
  await agent.tell('good', [{ type: 'request.completed', data: { result: 'Das Handbuch' } }]);
  await agent.tell('bad', [{ type: 'request.failed', data: { message: 'The report is not there' } }]);
  const toast = (text: string) =>
    page
      .getByRole('region', { name: /Notifications/ })
      .getByRole('listitem')
      .filter({ hasText: text });
  await toast('Translate the manual').getByText('Completed').waitFor();
  await toast('Summarise the report').getByText('The report is not there').waitFor();
  await picture(page, 'toasts');
  // it goes by itself; a failure stays
  await toast('Translate the manual').waitFor({ state: 'detached' });
  await toast('Summarise the report').getByRole('button', { name: 'Open' }).click();
  await page.waitForURL('**/requests/bad');
});

visit('nothing is told of what is looked at', async ({ agent, open }) => {
  await agent.tell('in-view', [{ type: 'request.accepted', data: { userQuery: 'Looked at' } }]);
  const page = await open('/requests/in-view');
  await page.getByRole('heading', { name: 'Looked at' }).waitFor();
  await agent.tell('in-view', [{ type: 'request.completed', data: { result: 'There it is' } }]);
  await page.getByText('There it is').first().waitFor();
  expect(
    await page
      .getByRole('region', { name: /Notifications/ })
      .getByRole('listitem')
      .count(),
  ).toBe(0);
});

visit('the tab’s title shows how far it is', async ({ stack, open }) => {
  const page = await open('/');
  await waitFor(async () => (await page.title()) === 'Home · Stepwire', patient);
  const requestId = await startRequest(stack.url, 'A pause', planOf(wait('pause', 8_000)));
  await waitFor(async () => /^\d+ % · Home · Stepwire$/.test(await page.title()), patient);
  await page.goto(`${stack.url}/requests/${requestId}`);
  const percents = new Set<number>();
  await waitFor(async () => {
    const title = await page.title();
    const [, percent] = /^(\d+) % · A pause · Stepwire$/.exec(title) ?? [];
    if (percent !== undefined) percents.add(Number(percent));
    return title === '✓ done · A pause · Stepwire';
  }, patient);
  expect(percents.size).toBeGreaterThan(2);
});

visit('light or dark as the system has it, or as one chooses, which is kept', async ({ open }) => {
  const page = await open('/', { colorScheme: 'light' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const choose = async (theme: string) => {
    await page.getByRole('button', { name: /Theme/ }).click();
    await page.getByRole('menuitemradio', { name: theme }).click();
  };
  await page.getByLabel('What should be checked?').waitFor();
  const light = await ground();
  await choose('Dark');
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await page.getByLabel('What should be checked?').waitFor();
  expect(await ground()).toBe(dark);
  await choose('System');
  expect(await ground()).toBe(light);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await ground()).toBe(dark);
});
