import { expect, test } from '@jest/globals';
import { withDatabase } from '@stepwire/testing';
import { pino } from 'pino';
import { openDatabase } from '../src/database.ts';
import { textArray } from '../src/text-array.ts';

test.each(['pglite', 'postgres'] as const)('%s reads back every text that went in, whatever is in it', async (kind) => {
  const files = await withDatabase(kind);
  const database = await openDatabase(files.dataDir, files.databaseUrl, pino({ level: 'silent' }));
  const readBack = async (values: readonly string[]) => {
    const { rows } = await database.read.query<{ value: string }>({
      name: 'read-back',
      text: 'SELECT value FROM unnest($1::text[]) WITH ORDINALITY AS u (value, place) ORDER BY place',
      values: [textArray(values)],
    });
    return rows.map(({ value }) => value);
  };
  const texts = ['', ' ', 'NULL', 'null', '"', '\\', '\\"', '{a,b}', "'", 'ä€😀', '{"a":"\\u0000 \\"b\\""}'];
  expect(await readBack(texts)).toEqual(texts);
  expect(await readBack(['x'.repeat(300_000)])).toEqual(['x'.repeat(300_000)]);
  expect(await readBack([])).toEqual([]);
  await database.close();
  await files.close();
});
