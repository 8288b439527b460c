import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobRef, StepwireError } from '@stepwire/protocol';

/**
 * Large results and artifacts, in a folder that agents and gateways share. A blob's id is the SHA-256 of its bytes, so
 * that a repeated step stores nothing twice, and what is read can be checked.
 */
export class BlobStore {
  readonly #folder: string;

  /** @param folder `<DATA_DIR>/blobs`; made when the first blob is stored */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Stores `bytes` so that a crash at any moment leaves the whole blob or none: written and flushed beside its place,
   * then renamed into it, then the folder is flushed.
   * @throws Error from the file system
   */
  async put(bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    const blobId = sha256(bytes);
    const folder = this.#folderOf(blobId);
    const path = join(folder, blobId);
    if (!(await exists(path, bytes.byteLength))) {
      await mkdir(folder, { recursive: true });
      const partial = join(folder, `.${randomUUID()}`);
      try {
        await using(await open(partial, 'wx'), async (file) => {
          await file.writeFile(bytes);
          await file.sync();
        });
        await rename(partial, path);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
      await using(await open(folder, 'r'), (file) => file.sync());
    }
    return { blobId, bytes: bytes.byteLength, mediaType };
  }

  /** @throws StepwireError `not_found` where there is no such blob, or its bytes are not those it is named for */
  async get(blobId: string): Promise<Buffer> {
    if (!/^[0-9a-f]{64}$/.test(blobId)) throw new StepwireError('not_found', `no blob is called ${blobId}`);
    let bytes: Buffer;
    try {
      bytes = await readFile(join(this.#folderOf(blobId), blobId));
    } catch (cause) {
      throw new StepwireError('not_found', `blob ${blobId} can't be read`, { cause });
    }
    if (sha256(bytes) !== blobId) throw new StepwireError('not_found', `blob ${blobId} is damaged`);
    return bytes;
  }

  /** 256 folders, so that none grows too long. */
  #folderOf(blobId: string): string {
    return join(this.#folder, blobId.slice(0, 2));
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A file of another length is left from a broken disk: it is written again. */
async function exists(path: string, bytes: number): Promise<boolean> {
  try {
    return (await stat(path)).size === bytes;
  } catch {
    return false;
  }
}

async function using(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    await file.close();
  }
}
