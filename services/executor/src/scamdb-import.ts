import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { normalisePhrase, parseTable, type ScamEntry } from './tools/scam-db.ts';

export interface BadRow {
  /** in the file, from 1; the header is line 1 */
  readonly line: number;
  readonly problem: string;
}

const columns = ['kind', 'value', 'note'];
const MAX_NOTE_CHARS = 300;

/**
 * A table with the columns `kind` (phone, domain or phrase), `value` and `note` (may be empty), in UTF-8. Pure.
 * @throws Error where it is no CSV, or a column is missing
 */
export function readCsv(text: string): { readonly entries: ScamEntry[]; readonly bad: BadRow[] } {
  const rows: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
    bom: true,
    columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  const [first] = rows;
  const missing = first === undefined ? [] : columns.slice(0, 2).filter((column) => !(column in first.record));
  if (missing.length > 0)
    throw new Error(`the first line must name the columns ${columns.join(', ')}; ${missing.join(' and ')} missing`);
  const entries: ScamEntry[] = [];
  const bad: BadRow[] = [];
  for (const { record, info } of rows) {
    const entry = readRow(record);
    if (typeof entry === 'string') bad.push({ line: info.lines, problem: entry });
    else entries.push(entry);
  }
  return { entries, bad };
}

/** @returns the entry, or what is wrong with it */
function readRow({ kind = '', value = '', note = '' }: Record<string, string>): ScamEntry | string {
  if (value === '') return 'the value is empty';
  if (note.length > MAX_NOTE_CHARS) return `the note is longer than ${MAX_NOTE_CHARS} characters`;
  switch (kind.toLowerCase()) {
    case 'phone': {
      const number = parsePhoneNumberFromString(value.replace(/^00/, '+'));
      if (number === undefined) return `"${value}" is no phone number with a country code, such as +44 7700 900123`;
      return { kind: 'phone', value: number.number, note };
    }
    case 'domain': {
      const host = URL.parse(`http://${value}`)?.hostname;
      if (host === undefined || /[/@:?#]/.test(value) || !host.includes('.')) return `"${value}" is no domain`;
      return { kind: 'domain', value: host, note };
    }
    case 'phrase': {
      const phrase = normalisePhrase(value);
      if (phrase.length < 8 || !phrase.includes(' '))
        return `"${value}" is too short: a phrase is two words and 8 letters at least`;
      return { kind: 'phrase', value: phrase, note };
    }
    default:
      return `kind is "${kind}", not phone, domain or phrase`;
  }
}

/** By kind and value; the newer note counts. */
export function merge(old: readonly ScamEntry[], added: readonly ScamEntry[]): ScamEntry[] {
  const byKey = new Map([...old, ...added].map((entry) => [`${entry.kind} ${entry.value}`, entry]));
  return [...byKey.values()];
}

/**
 * Adds to the table in one step: a reader sees the old one or the new one. Two imports at once: the later one counts.
 * @returns how many entries there are now, beside the seed
 * @throws Error from the file system, ToolError where the old table is damaged
 */
export async function importInto(path: string, added: readonly ScamEntry[]): Promise<number> {
  const table = merge(parseTable(await readOrEmpty(path), path), added);
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID()}`;
  const file = await open(partial, 'wx');
  try {
    await file.writeFile(JSON.stringify(table, null, 1));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  return table.length;
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return '[]';
    throw error;
  }
}
