// `npm test [-- <path filter>]`. Its last line is `N passed, N failed, N skipped`, even where it gets no further than this.
import { continueIn, PreparationError, prepare } from './bootstrap.mjs';

try {
  prepare((line) => process.stderr.write(`${line}\n`));
} catch (error) {
  if (!(error instanceof PreparationError)) throw error;
  process.stderr.write(`${error.message.trim()}\n`);
  process.stdout.write('0 passed, 1 failed, 0 skipped\n');
  process.exit(1);
}
continueIn('deploy/local/dist/run-tests.js', process.argv.slice(2));
