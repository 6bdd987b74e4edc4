import { randomUUID } from 'node:crypto';
import { mkdir, open, opendir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { syncFolder } from '../db/sync-folder.ts';
import { AppError } from '../errors.ts';
import { checkedKey, isBlobKey } from './blob-key.ts';
import type { BlobStore } from './blob-store.ts';
import { createQuarantine } from './disk-quarantine.ts';
import { originalMissing } from './original-missing.ts';
import { createSpool } from './spool.ts';

/** Originals as files: written aside, synced, then renamed, so that a key is never half a file. */
export async function createDiskStore(folder: string): Promise<BlobStore> {
  const blobs = join(folder, 'blobs');
  const spool = await createSpool(join(folder, 'incoming'));
  await mkdir(blobs, { recursive: true, mode: 0o700 });

  const pathOf = (key: string): string => join(blobs, checkedKey(key));
  const quarantine = createQuarantine(join(folder, 'quarantine'), pathOf, keysIn);

  return {
    name: 'disk',
    place: `the data folder ${folder}`,
    setting: 'DATA_DIR',
    put(key, content, maxBytes) {
      const target = pathOf(key);
      return spool.receive(content, maxBytes, async ({ path }) => {
        const made = await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await rename(path, target);
        await syncFolder(dirname(target));
        if (made !== undefined) await syncFolder(blobs);
      });
    },
    async read(key) {
      const path = pathOf(key);
      try {
        return await openFile(path);
      } catch (error) {
        if (error instanceof AppError) throw error;
        // When there was nothing to restore, somebody else may just have done it.
        await quarantine.restore(key);
        return openFile(path).catch(() => {
          throw originalMissing(error);
        });
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
    deleteUnfinished: spool.deleteUnfinished,
    readNote: (name) => readNote(join(folder, name)),
    writeNote: (name, text) => writeNote(join(folder, name), text),
    deleteNote: (name) => rm(join(folder, name), { force: true }),
  };
}

/** Folders of users below `folder` with their files; whatever else lies about is no blob. */
async function* keysIn(folder: string): AsyncGenerator<string> {
  for await (const user of await opendir(folder)) {
    if (!user.isDirectory()) continue;
    for await (const file of await opendir(join(folder, user.name))) {
      const key = `${user.name}/${file.name}`;
      if (isBlobKey(key)) yield key;
    }
  }
}

async function openFile(path: string): Promise<Readable> {
  const file = await open(path, 'r');
  if ((await file.stat()).isFile()) return file.createReadStream();
  await file.close();
  throw originalMissing(new Error('not a file'));
}

function readNote(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

async function writeNote(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}
