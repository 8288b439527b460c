import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { picture, pictureFile, visits } from './browser.ts';

/** a README is read on slow lines too */
const MAX_BYTES = 400_000;

const root = join(import.meta.dirname, '../../..');
const kept = 'services/console/console.png';

const text = 'Your parcel is held, pay 2.99 at http://dhl-parcel.test/x or call +44 7700 900123';
const looks = [
  { id: 'scam_db', title: 'Compare with known scams', input: { text } },
  { id: 'domain_reputation', title: 'Judge the domains' },
  { id: 'phone_validator', title: 'Check the phone numbers' },
  { id: 'wait', title: 'Give its mail server time to answer', input: { ms: 20_000 } },
  { id: 'sender', title: 'Find out who sent it' },
];
const plan = {
  goal: 'Tell whether this message is a scam, and why',
  phases: [
    { id: 'understand', name: 'Understand the message' },
    { id: 'check', name: 'Check its parts' },
    { id: 'conclude', name: 'Conclude' },
  ],
  steps: [
    { id: 'entity_extraction', title: 'Find what can be looked up', phaseId: 'understand', input: { text } },
    ...looks.map((look) => ({ ...look, phaseId: 'check', dependsOn: ['entity_extraction'] })),
    { id: 'reasoning', title: 'Weigh the evidence', phaseId: 'conclude', dependsOn: looks.map(({ id }) => id) },
  ].map((step, nth) => ({ order: nth + 1, action: step.id, ...step })),
};

const visit = visits();

visit('the picture of the README: a check half done, steps side by side, and a question', async ({ stack, open }) => {
  const page = await open('/', { viewport: { width: 1200, height: 960 }, deviceScaleFactor: 2, colorScheme: 'light' });
  await fetch(`${stack.url}/api/requests`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ requestId: 'parcel-2026', userQuery: text, context: { plan } }),
  });
  await page.goto(`${stack.url}/requests/parcel-2026`);
  await page.getByRole('button', { name: 'A company or an authority' }).waitFor();
  const step = (title: string) => page.getByRole('article').filter({ hasText: title });
  await step('Compare with known scams').getByText('Done').waitFor();
  await step('Give its mail server')
    .getByText(/^1[0-4] s to go/)
    .waitFor();
  await picture(page, 'console');
  const taken = pictureFile('console');
  expect(statSync(taken).size).toBeLessThan(MAX_BYTES);
  if (process.env.UPDATE_PICTURE === '1') copyFileSync(taken, join(root, kept));
});

test('the README shows it', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`](${kept})`);
  expect(existsSync(join(root, kept))).toBe(true);
});
