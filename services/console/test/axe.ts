import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** What axe (https://github.com/dequelabs/axe-core) has to say against the page as it is, in light and dark. */
export async function axeComplaints(page: Page): Promise<unknown[]> {
  const complaints: unknown[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(settled);
    const axe = new AxeBuilder({ page });
    // in the dark nothing is different but the colours
    if (colorScheme === 'dark') axe.withRules('color-contrast');
    const { violations } = await axe.analyze();
    for (const { id, help, nodes } of violations) {
      complaints.push({ colorScheme, id, help, where: nodes.map(({ target }) => target.join(' ')) });
    }
  }
  return complaints;
}

/** Half-way from one colour to another none has its contrast. What never ends is not waited for. */
async function settled(): Promise<void> {
  const passing = document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations !== Infinity);
  await Promise.allSettled(passing.map(({ finished }) => finished));
}
