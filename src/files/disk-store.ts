import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { syncFolder } from '../db/sync-folder.ts';
import { AppError } from '../errors.ts';
import { type BlobStore, headBytes, type StoredBlob } from './blob-store.ts';
import { createQuarantine } from './disk-quarantine.ts';

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const keyForm = new RegExp(`^${uuid}/${uuid}$`);

/** Originals as files: written aside, synced, then renamed, so that a key is never half a file. */
export async function createDiskStore(folder: string): Promise<BlobStore> {
  const incoming = join(folder, 'incoming');
  const blobs = join(folder, 'blobs');
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  await mkdir(blobs, { recursive: true, mode: 0o700 });

  function pathOf(key: string): string {
    if (!keyForm.test(key)) throw new Error('not a blob key');
    return join(blobs, key);
  }

  const quarantine = createQuarantine(join(folder, 'quarantine'), pathOf, keysIn);

  return {
    name: 'disk',
    async put(key, content, maxBytes) {
      const target = pathOf(key);
      const temporary = join(incoming, randomUUID());
      try {
        const stored = await write(temporary, content, maxBytes);
        const made = await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await rename(temporary, target);
        await syncFolder(dirname(target));
        if (made !== undefined) await syncFolder(blobs);
        return stored;
      } catch (error) {
        content.destroy();
        await rm(temporary, { force: true });
        throw translate(error);
      }
    },
    async read(key) {
      const path = pathOf(key);
      try {
        return await openFile(path);
      } catch (error) {
        if (error instanceof AppError || !(await quarantine.restore(key))) throw missing(error);
        return openFile(path);
      }
    },
    async delete(key) {
      await rm(pathOf(key), { force: true });
      await quarantine.drop(key);
    },
    async *list() {
      for await (const key of keysIn(blobs)) {
        const found = await stat(pathOf(key)).catch(() => null);
        if (found !== null) yield { key, modifiedAt: found.mtime };
      }
    },
    quarantine: quarantine.quarantine,
    restore: quarantine.restore,
    listQuarantined: quarantine.listQuarantined,
    async deleteUnfinished(before) {
      let deleted = 0;
      for await (const file of await opendir(incoming)) {
        const path = join(incoming, file.name);
        const found = await stat(path).catch(() => null);
        if (found === null || found.mtime >= before) continue;
        await rm(path, { force: true });
        deleted += 1;
      }
      return deleted;
    },
  };
}

/** Folders of users below `folder` with their files; whatever else lies about is no blob. */
async function* keysIn(folder: string): AsyncGenerator<string> {
  for await (const user of await opendir(folder)) {
    if (!user.isDirectory()) continue;
    for await (const file of await opendir(join(folder, user.name))) {
      const key = `${user.name}/${file.name}`;
      if (keyForm.test(key)) yield key;
    }
  }
}

async function openFile(path: string): Promise<Readable> {
  const file = await open(path, 'r');
  if ((await file.stat()).isFile()) return file.createReadStream();
  await file.close();
  throw missing(new Error('not a file'));
}

function missing(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError(
    'original_missing',
    'The original of this document is missing or cannot be read on this server: upload the file again.',
    { cause },
  );
}

async function write(path: string, content: Readable, maxBytes: number): Promise<StoredBlob> {
  const file = await open(path, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    const head: Uint8Array[] = [];
    let headLength = 0;
    let bytes = 0;
    for await (const part of content as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxBytes) {
        throw new AppError(
          'too_large',
          `The file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB, the limit here.`,
        );
      }
      hash.update(part);
      if (headLength < headBytes) {
        const piece = part.subarray(0, headBytes - headLength);
        head.push(piece);
        headLength += piece.length;
      }
      await file.writeFile(part);
    }
    await file.sync();
    return { bytes, sha256: hash.digest('hex'), head: Buffer.concat(head) };
  } finally {
    await file.close();
  }
}

function translate(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') return error;
  return new AppError(
    'storage_full',
    'The storage is full: the file was not kept. Free some space and try again.',
    {
      cause: error,
    },
  );
}
