// `npm start`
import { continueIn, prepareOrExit } from './bootstrap.mjs';

prepareOrExit();
continueIn('deploy/local/dist/start.js', process.argv.slice(2));
