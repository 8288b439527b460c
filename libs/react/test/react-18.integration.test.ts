import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TemporaryFolder, temporaryFolder } from '@stepwire/testing';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = temporaryFolder();
  writeFileSync(join(folder.path, 'package.json'), '{}');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', 'react@18', 'react-dom@18'], {
    cwd: folder.path,
  });
}, 60_000);
afterAll(() => folder?.remove());

/** The tests of this folder, in which every module, ours or not, gets React 18. */
test('all tests of hooks and components pass with React 18 too', async () => {
  const installed = join(folder.path, 'node_modules');
  const config = `
    import base from ${JSON.stringify(join(root, 'jest.config.js'))};
    export default {
      ...base,
      rootDir: ${JSON.stringify(root)},
      globalSetup: undefined,
      globalTeardown: undefined,
      maxWorkers: 1,
      moduleNameMapper: { '^(react|react-dom)(/.*)?$': ${JSON.stringify(`${installed}/$1$2`)} },
      setupFilesAfterEnv: [${JSON.stringify(join(folder.path, 'is-18.mjs'))}],
      testPathIgnorePatterns: ['integration'],
    };`;
  const is18 = `
    import { version } from 'react';
    if (!version.startsWith('18.')) throw new Error('this is React ' + version);`;
  writeFileSync(join(folder.path, 'jest.config.mjs'), config);
  writeFileSync(join(folder.path, 'is-18.mjs'), is18);
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const args = ['--experimental-vm-modules', '--no-warnings', jest, '--config', join(folder.path, 'jest.config.mjs')];
  const { stderr } = await run(process.execPath, [...args, 'libs/react/test'], { cwd: root }).catch((error) => error);
  expect(stderr).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
}, 120_000);
