import { expect, test } from '@jest/globals';
import { experiments } from '../src/chaos/experiments.ts';
import { builtRoot, edited } from '../src/chaos/planting.ts';
import { plants } from '../src/chaos/plants.ts';

/** That each is caught, `npm run test:chaos -- --plant all` shows. */
test.each(Object.entries(plants))('%s still has its place in the built services', (_, { edits }) => {
  for (const edit of edits) expect(edited(builtRoot(), edit)).toContain(edit.replace);
});

test('every defect is known to an experiment', () => {
  const names = experiments.map(({ name }) => name);
  for (const { caughtBy } of Object.values(plants)) for (const name of caughtBy) expect(names).toContain(name);
});
