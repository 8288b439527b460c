// `npm run fuzz -- [--seconds 600] [--seed N] [--only name]`
import { continueIn, prepareOrExit } from './bootstrap.mjs';

prepareOrExit();
continueIn('deploy/local/dist/fuzz.js', process.argv.slice(2));
