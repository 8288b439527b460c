import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type TemporaryFolder, temporaryFolder } from '@stepwire/testing';
import { DataDirTakenError, lockDataDir } from '../src/data-dir-lock.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

test('a folder that is locked is refused until it is released', () => {
  const lock = lockDataDir(folder.path);
  expect(() => lockDataDir(folder.path)).toThrow(DataDirTakenError);
  lock.release();
  lockDataDir(folder.path).release();
});

test('the folder is made when it is not there', () => {
  const path = join(folder.path, 'a', 'b');
  lockDataDir(path);
  expect(existsSync(path)).toBe(true);
});

test('a lock of a process that has ended counts for nothing', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  writeFileSync(join(folder.path, 'start.lock'), `${child.pid} 12345`);
  lockDataDir(folder.path).release();
});

test('nor does one whose number another process has by now', () => {
  writeFileSync(join(folder.path, 'start.lock'), `${process.pid} 1`);
  lockDataDir(folder.path).release();
});
