import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { importInto, merge, readCsv } from '../src/scamdb-import.ts';
import { lookUp, normalisePhrase, ScamDb, scamDbPath } from '../src/tools/scam-db.ts';
import { seed } from '../src/tools/scam-db-seed.ts';

const nothing = { text: '', hosts: [], phones: [] };
const values = (suspects: Partial<Parameters<typeof lookUp>[1]>) =>
  lookUp(seed, { ...nothing, ...suspects }).matches.map(({ value }) => value);

describe('looking up', () => {
  test.each([
    ['a number however it is written', { phones: ['0044 7700-900-123'] }, ['+447700900123']],
    ['a national number of a known country', { phones: ['07700 900123'], country: 'gb' }, ['+447700900123']],
    ['a national number of no country', { phones: ['07700 900123'] }, []],
    ['a domain', { hosts: ['dhl-parcel.test'] }, ['dhl-parcel.test']],
    ['its subdomains', { hosts: ['a.b.dhl-parcel.test'] }, ['dhl-parcel.test']],
    ['not its neighbours', { hosts: ['xdhl-parcel.test', 'test'] }, []],
    [
      'a phrase, whatever its case, accents and punctuation',
      { text: 'YOUR — pärcel, is\nHELD!' },
      ['your parcel is held'],
    ],
    ['not a phrase inside other words', { text: 'flavour parcel is helden' }, []],
    ['nothing', {}, []],
  ])('finds %s', (_, suspects, expected) => {
    expect(values(suspects)).toEqual(expected);
  });
});

test('the seed holds nothing that belongs to somebody: reserved numbers and endings only', () => {
  for (const { kind, value } of seed) {
    if (kind === 'domain') expect(value).toMatch(/\.(?:test|example)$/);
    if (kind === 'phone') expect(value).toMatch(/^(?:\+447700900\d{3}|\+442079460\d{3}|\+1\d{3}55501\d{2})$/);
    if (kind === 'phrase') expect(normalisePhrase(value)).toBe(value);
  }
});

describe('a CSV file', () => {
  test('is read with any order of columns, a BOM, quotes and spaces', () => {
    const text =
      '\ufeffNote, Kind ,value\n"a, b",phone,+44 7700 900999\n,DOMAIN,Bücher.Example\n,phrase,"Pay, with gift cards"\n';
    expect(readCsv(text)).toEqual({
      entries: [
        { kind: 'phone', value: '+447700900999', note: 'a, b' },
        { kind: 'domain', value: 'xn--bcher-kva.example', note: '' },
        { kind: 'phrase', value: 'pay with gift cards', note: '' },
      ],
      bad: [],
    });
  });

  test.each([
    ['phone,07700 900123,', 'no phone number with a country code'],
    ['phone,hello,', 'no phone number with a country code'],
    ['domain,http://a.test/x,', 'no domain'],
    ['domain,localhost,', 'no domain'],
    ['domain,a b.test,', 'no domain'],
    ['phrase,hello,', 'too short'],
    ['email,a@b.test,', 'kind is "email"'],
    ['phone,,', 'the value is empty'],
    ['domain,a.test', undefined],
    [`domain,a.test,${'x'.repeat(301)}`, 'longer than 300'],
  ])('with the row %s says what is wrong and where', (row, problem) => {
    const { bad } = readCsv(`kind,value,note\ndomain,ok.test,\n${row}\n`);
    expect(bad).toEqual(problem === undefined ? [] : [{ line: 3, problem: expect.stringContaining(problem) }]);
  });

  test('without its columns, or that is none, is refused', () => {
    expect(() => readCsv('a,b\n1,2\n')).toThrow('kind and value missing');
    expect(() => readCsv('kind,value\n"unclosed,1\n')).toThrow();
    expect(readCsv('kind,value,note\n').entries).toEqual([]);
  });
});

describe('the table', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'stepwire-scamdb-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));
  const entry = (value: string, note = '') => ({ kind: 'domain' as const, value, note });

  test('is merged by kind and value, the newer note counting', () => {
    expect(merge([entry('a.test', 'old'), entry('b.test')], [entry('a.test', 'new')])).toEqual([
      entry('a.test', 'new'),
      entry('b.test'),
    ]);
  });

  test('is the seed alone without a file, and is read again when the file changes', async () => {
    const db = new ScamDb(dataDir);
    expect(await db.table()).toEqual(seed);
    await importInto(scamDbPath(dataDir), [entry('a.test')]);
    expect(await db.table()).toEqual([...seed, entry('a.test')]);
    await importInto(scamDbPath(dataDir), [entry('b.test')]);
    utimesSync(scamDbPath(dataDir), 1, 1);
    expect(await db.table()).toEqual([...seed, entry('a.test'), entry('b.test')]);
    expect(readdirSync(dataDir)).toEqual(['scamdb.json']);
  });

  test('that is damaged is said by its path, and no import overwrites it', async () => {
    writeFileSync(scamDbPath(dataDir), '{"kind":');
    await expect(new ScamDb(dataDir).table()).rejects.toMatchObject({
      code: 'bad_data',
      message: expect.stringContaining('scamdb.json'),
    });
    await expect(importInto(scamDbPath(dataDir), [entry('a.test')])).rejects.toThrow('scamdb.json');
    expect(readFileSync(scamDbPath(dataDir), 'utf8')).toBe('{"kind":');
  });

  test('is imported by the command: nothing while a row is bad, the rest when asked to', async () => {
    const csv = join(dataDir, 'new.csv');
    writeFileSync(csv, 'kind,value,note\ndomain,a.test,x\nphone,nope,\n');
    const program = join(import.meta.dirname, '../dist/bin/scamdb-import.js');
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [program, ...args], { env: { DATA_DIR: join(dataDir, 'data') } }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: { code: number; stdout: string }) => error,
      );
    mkdirSync(join(dataDir, 'data'));
    expect(await run(csv)).toMatchObject({ code: 1, stdout: expect.stringContaining(`${csv}:3: "nope" is no phone`) });
    expect(readdirSync(join(dataDir, 'data'))).toEqual([]);
    expect(await run(csv, '--skip-bad')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 rows imported') });
    expect(await new ScamDb(join(dataDir, 'data')).table()).toContainEqual(entry('a.test', 'x'));
    expect(await run()).toMatchObject({ code: 1, stdout: expect.stringContaining('file.csv') });
  });
});
