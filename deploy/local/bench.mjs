// `npm run bench [-- options]`
import { continueIn, prepareOrExit } from './bootstrap.mjs';

prepareOrExit();
continueIn('services/e2e/dist/bench/main.js', process.argv.slice(2));
