// `npm run ask -- "text"`. Unlike the others it prepares nothing: without a built stack there is none that runs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { continueIn, root } from './bootstrap.mjs';

const program = 'deploy/local/dist/ask/main.js';
if (existsSync(join(root, program)) && existsSync(join(root, 'node_modules', '.bin', 'node'))) {
  continueIn(program, process.argv.slice(2));
} else {
  process.stderr.write('Nothing is built yet, so no stack runs here. Start one, which builds it too:\n  npm start\n');
  process.exitCode = 1;
}
