import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { agentSettings, readEnv } from '@stepwire/config';
import { importInto, readCsv } from '../scamdb-import.ts';
import { scamDbPath } from '../tools/scam-db.ts';

/** `npm run scamdb:import -- file.csv [--skip-bad]`: adds to the table of `scam_db`. Exits 1 where nothing was imported. */
const say = (text: string) => process.stdout.write(`${text}\n`);

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { 'skip-bad': { type: 'boolean' } }, allowPositionals: true });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    say('npm run scamdb:import -- file.csv [--skip-bad]\ncolumns: kind (phone, domain, phrase), value, note');
    return 1;
  }
  const { entries, bad } = readCsv(await readFile(file, 'utf8'));
  for (const { line, problem } of bad) say(`${file}:${line}: ${problem}`);
  if (bad.length > 0 && values['skip-bad'] !== true) {
    say(`nothing imported: ${bad.length} bad rows; mend them, or import the other ${entries.length} with --skip-bad`);
    return 1;
  }
  const path = scamDbPath(readEnv(agentSettings).dataDir);
  const total = await importInto(path, entries);
  say(`${entries.length} rows imported; ${path} holds ${total}`);
  return 0;
}

try {
  process.exitCode = await run();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
