import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BlobStore } from '../src/blob-store.ts';

let folder: string;
let blobs: BlobStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepwire-blobs-'));
  blobs = new BlobStore(join(folder, 'blobs'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

test('a blob is named by the hash of its bytes and read back whole', async () => {
  const ref = await blobs.put(Buffer.from('hello'), 'text/plain');
  expect(ref).toEqual({
    blobId: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    bytes: 5,
    mediaType: 'text/plain',
  });
  expect((await blobs.get(ref.blobId)).toString()).toBe('hello');
});

test('many writers of the same bytes leave one file and nothing half-written', async () => {
  const bytes = Buffer.alloc(100_000, 7);
  const refs = await Promise.all(Array.from({ length: 10 }, () => blobs.put(bytes, 'application/octet-stream')));
  expect(new Set(refs.map(({ blobId }) => blobId)).size).toBe(1);
  expect(files()).toHaveLength(1);
});

test('an empty blob is a blob', async () => {
  const { blobId } = await blobs.put(Buffer.alloc(0), 'text/plain');
  expect(await blobs.get(blobId)).toHaveLength(0);
});

test.each(['', '../../etc/passwd', 'A'.repeat(64), 'f'.repeat(63), `${'f'.repeat(64)}\n`])(
  'the name %j is no blob and reaches no file',
  async (blobId) => {
    await expect(blobs.get(blobId)).rejects.toMatchObject({ code: 'not_found' });
  },
);

test('a damaged blob is refused, and stored again by the next put of a whole one', async () => {
  const bytes = Buffer.from('precious');
  const { blobId } = await blobs.put(bytes, 'text/plain');
  const path = join(folder, 'blobs', blobId.slice(0, 2), blobId);
  writeFileSync(path, 'PRECIOUS');
  await expect(blobs.get(blobId)).rejects.toMatchObject({ message: expect.stringContaining('damaged') });
  truncateSync(path, 3);
  await blobs.put(bytes, 'text/plain');
  expect((await blobs.get(blobId)).toString()).toBe('precious');
});
