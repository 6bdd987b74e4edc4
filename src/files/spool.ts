import { createHash, randomUUID } from 'node:crypto';
import { open, opendir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { makeFolder } from '../db/durable-files.ts';
import { AppError } from '../errors.ts';
import { headBytes, type StoredBlob } from './blob-store.ts';

/** A file that has come whole and is synced. */
export interface SpooledFile extends StoredBlob {
  path: string;
  /** In base64, as object stores check what arrives; empty for a spool that was not asked for it. */
  md5: string;
}

/** Where uploads are written before their size and hash are known. */
export interface Spool {
  /**
   * Writes `content` to a file of its own and hands it to `keep`; whatever `keep` leaves of it is removed.
   * @throws AppError `too_large` past `maxBytes`, `storage_full`
   */
  receive(
    content: Readable,
    maxBytes: number,
    keep: (file: SpooledFile) => Promise<void>,
  ): Promise<StoredBlob>;
  /** Deletes what a killed process left; returns how many. */
  deleteUnfinished(before: Date): Promise<number>;
}

export async function createSpool(folder: string, { withMd5 = false } = {}): Promise<Spool> {
  await makeFolder(folder);
  return {
    async receive(content, maxBytes, keep) {
      const path = join(folder, randomUUID());
      try {
        const file = await write(path, content, maxBytes, withMd5);
        await keep(file);
        return { bytes: file.bytes, sha256: file.sha256, head: file.head };
      } catch (error) {
        content.destroy();
        throw translate(error);
      } finally {
        await rm(path, { force: true });
      }
    },
    async deleteUnfinished(before) {
      let deleted = 0;
      for await (const file of await opendir(folder)) {
        const path = join(folder, file.name);
        const found = await stat(path).catch(() => null);
        if (found === null || found.mtime >= before) continue;
        await rm(path, { force: true });
        deleted += 1;
      }
      return deleted;
    },
  };
}

async function write(
  path: string,
  content: Readable,
  maxBytes: number,
  withMd5: boolean,
): Promise<SpooledFile> {
  const file = await open(path, 'wx', 0o600);
  try {
    const sha256 = createHash('sha256');
    const md5 = withMd5 ? createHash('md5') : null;
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
      sha256.update(part);
      md5?.update(part);
      if (headLength < headBytes) {
        const piece = part.subarray(0, headBytes - headLength);
        head.push(piece);
        headLength += piece.length;
      }
      await file.writeFile(part);
    }
    await file.sync();
    return {
      path,
      bytes,
      sha256: sha256.digest('hex'),
      md5: md5?.digest('base64') ?? '',
      head: Buffer.concat(head),
    };
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
    { cause: error },
  );
}
