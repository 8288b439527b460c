/** Writes what is made from this lib: `node libs/protocol/dist/bin/export-schemas.js` after a change, from anywhere. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from '../generated-files.ts';

const root = new URL('../../../../', import.meta.url);
for (const [path, text] of Object.entries(generatedFiles())) {
  const file = fileURLToPath(new URL(path, root));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
