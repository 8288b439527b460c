// `npm run test:chaos [-- options]`
import { continueIn, prepareOrExit } from './bootstrap.mjs';

prepareOrExit();
continueIn('services/e2e/dist/chaos/main.js', process.argv.slice(2));
