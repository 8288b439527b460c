import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type TemporaryFolder, temporaryFolder } from '@stepwire/testing';
import { strayTestFiles } from '../src/stray-tests.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const write = (path: string): string => {
  const file = join(folder.path, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  return file;
};

test('a test file that no runner picks up is named, in whatever language or spelling', () => {
  const picked = [write('libs/a/test/one.test.ts')];
  const stray = ['libs/a/src/two.test.ts', 'services/b/three.spec.ts', 'libs/c/test/test_four.py', 'five.test.mjs'];
  stray.forEach(write);
  expect(strayTestFiles(folder.path, picked)).toEqual(stray.sort());
});

test('installed and built files are none of ours', () => {
  for (const path of ['node_modules/x/a.test.js', 'libs/a/dist/a.test.js', 'libs/a/node_modules/y/b.spec.js'])
    write(path);
  expect(strayTestFiles(folder.path, [])).toEqual([]);
});

test('a file that only has "test" in its name is not taken for one', () => {
  write('deploy/local/src/run-tests.ts');
  write('libs/a/src/latest.ts');
  expect(strayTestFiles(folder.path, [])).toEqual([]);
});
