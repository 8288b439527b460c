import type { Page } from 'playwright-core';

/** Far enough to see other rows, and so little that none is passed over (px) */
const SCROLL_PX = 400;

/** All that the view "Events" lists, from top to bottom, of which only what is on screen is on the page: `7 agent.progress`. */
export async function eventsOnScreen(page: Page): Promise<string[]> {
  const log = page.getByRole('region', { name: 'Log' });
  const table = log.getByRole('table', { name: 'Events' });
  const rowCount = Number(await table.getAttribute('aria-rowcount'));
  const rows = new Map<number, string>();
  for (let at = 0; !rows.has(rowCount); at += SCROLL_PX) {
    const passedOver = await log.evaluate((box, top) => {
      box.scrollTo({ top, behavior: 'instant' });
      return top > box.scrollHeight;
    }, at);
    if (passedOver) break;
    // two frames: one in which the page hears of it, one in which it is drawn
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const drawn = await table.evaluate((element) =>
      [...element.querySelectorAll('tbody tr')].map((row): [number, string] => {
        const cells = [...row.querySelectorAll('td')].map(({ textContent }) => textContent);
        return [Number(row.getAttribute('aria-rowindex')), `${cells[0]} ${cells[2]}`];
      }),
    );
    for (const [index, text] of drawn) rows.set(index, text);
  }
  return [...rows].sort(([a], [b]) => a - b).map(([, text]) => text);
}
