import { randomUUID } from 'node:crypto';
import { open, opendir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { makeFolder, moveDurably, writeDurably } from '../db/durable-files.ts';
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
  await makeFolder(blobs);

  const pathOf = (key: string): string => join(blobs, checkedKey(key));
  const quarantine = createQuarantine(join(folder, 'quarantine'), pathOf, keysIn);

  return {
    name: 'disk',
    place: `the data folder ${folder}`,
    setting: 'DATA_DIR',
    put(key, content, maxBytes) {
      const target = pathOf(key);
      return spool.receive(content, maxBytes, async ({ path }) => {
        await moveDurably(path, target);
        // The user's folder may have been made by another upload that has not come to this yet.
        await syncFolder(blobs);
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
  try {
    if ((await file.stat()).isFile()) return file.createReadStream();
    throw originalMissing(new Error('not a file'));
  } catch (error) {
    await file.close();
    throw error;
  }
}

function readNote(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

async function writeNote(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  // Replicas that start together write the same note at once.
  await writeDurably(path, text, 0o600, `${path}.${randomUUID()}`);
}
