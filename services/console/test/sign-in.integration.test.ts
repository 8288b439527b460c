import { expect } from '@jest/globals';
import { waitFor, withStack } from '@stepwire/testing';
import { SignJWT } from 'jose';
import type { Page } from 'playwright-core';
import { axeComplaints } from './axe.ts';
import { picture, visits } from './browser.ts';

const SECRET = 'a secret of the tests that is long enough';

const tokenOf = (user: string, seconds = 600, claims = {}): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(SECRET));

const visit = visits(() => withStack({ AUTH_SECRET: SECRET }));

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).last().click();
  await page.getByLabel('Token').waitFor({ state: 'hidden' });
}

visit(
  'one signs in with a token, sees their own, stays signed in over a reload, and signs out',
  async ({ agent, open }) => {
    await agent.tell('of-ada', [{ type: 'request.accepted', data: { userQuery: 'A question of Ada’s' } }], 'ada');
    await agent.tell('of-bob', [{ type: 'request.accepted', data: { userQuery: 'A question of Bob’s' } }], 'bob');
    const page = await open('/');
    await page.getByLabel('Token').waitFor();
    await picture(page, 'sign in');
    expect(await axeComplaints(page)).toEqual([]);
    await page.getByLabel('Token').fill('no token');
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    await page.getByRole('alert').waitFor();
    await picture(page, 'sign-in refused');
    await signIn(page, await tokenOf('ada'));
    await page.getByText('A question of Ada’s').first().waitFor();
    await page.reload();
    await page.getByText('A question of Ada’s').first().waitFor();
    expect(await page.getByText('A question of Bob’s').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Dead letters' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Signed in as ada' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    expect(await page.getByText('A question of Ada’s').count()).toBe(0);
  },
);

visit('who is signed in is told when that has expired, and goes on where they were', async ({ agent, open }) => {
  await agent.tell('for-long', [{ type: 'request.accepted', data: { userQuery: 'It takes long' } }], 'ada');
  const page = await open('/requests/for-long');
  await signIn(page, await tokenOf('ada', 5));
  await page.getByText('It takes long').first().waitFor();
  await page.getByRole('dialog', { name: 'Sign in again' }).getByText('Your sign-in ended').waitFor();
  await picture(page, 'sign-in expired');
  await signIn(page, await tokenOf('ada'));
  await agent.tell('for-long', [{ type: 'request.completed', data: { result: 'It was worth it' } }]);
  await page.getByText('It was worth it').first().waitFor();
  expect(new URL(page.url()).pathname).toBe('/requests/for-long');
});

visit('a shared link is watched by somebody who never signed in, and shows nothing else', async ({ agent, open }) => {
  await agent.tell('shared', [{ type: 'request.accepted', data: { userQuery: 'Look at this' } }], 'ada');
  const page = await open('/requests/shared', { permissions: ['clipboard-read', 'clipboard-write'] });
  await signIn(page, await tokenOf('ada'));
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Copied').first().waitFor();
  await picture(page, 'share');
  expect(await axeComplaints(page)).toEqual([]);
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  expect(link.search).toBe('');
  expect(link.hash).toMatch(/^#share=.{20}/);

  const asked: string[] = [];
  const stranger = await open('about:blank');
  stranger.on('request', (request) => asked.push(request.url()));
  await stranger.goto(link.href);
  await stranger.getByText('Look at this').first().waitFor();
  await agent.tell('shared', [{ type: 'request.completed', data: { result: 'Seen by both' } }]);
  for (const who of [page, stranger]) await who.getByText('Seen by both').first().waitFor();
  await picture(stranger, 'shared with a stranger');
  expect(await stranger.getByRole('button', { name: 'Share' }).count()).toBe(0);
  // what may be logged on its way, or be sent on as a referrer, does not have it
  expect(asked.filter((url) => !/\/(socket\.io|api)\//.test(url) && url.includes('share='))).toEqual([]);
});

visit('an operator tries one dead letter again, and discards another', async ({ agent, open }) => {
  await agent.mumble('{"this is": "no event"}');
  await agent.mumble('not even JSON');
  const page = await open('/dead-letters');
  await signIn(page, await tokenOf('olga', 600, { role: 'operator' }));
  const letter = (text: string) => page.getByRole('listitem').filter({ hasText: text });
  await letter('not JSON').waitFor();
  await letter('/type is missing').getByText('agent.progress').click();
  await picture(page, 'dead letters');
  await letter('not JSON').getByRole('button', { name: 'Discard' }).click();
  await page
    .getByRole('alertdialog')
    .getByRole('button', { name: /Discard/ })
    .click();
  await letter('not JSON').waitFor({ state: 'detached' });
  await letter('/type is missing').getByRole('button', { name: 'Retry' }).click();
  await page.getByText('Published again').waitFor();
  // it is no event this time either, and comes back
  await waitFor(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click();
    return (await letter('/type is missing').count()) === 1;
  });
  expect(await letter('not JSON').count()).toBe(0);
});
