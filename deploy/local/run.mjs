// `node deploy/local/run.mjs <compiled file> [arguments]`: runs one of our programs under Node 24, prepared first.
import { continueIn, prepareOrExit } from './bootstrap.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node deploy/local/run.mjs <compiled file> [arguments]\n');
  process.exit(2);
}
prepareOrExit();
continueIn(file, args);
