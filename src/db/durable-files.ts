import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { syncFolder } from './sync-folder.ts';

// What has a name survives a power failure only once the folder that holds the name is on the disk: of a new folder its
// parent, of a rename both folders.

/** Makes a folder and those above it that are missing, each for its owner alone. */
export async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  const above = dirname(resolve(made));
  let at = resolve(path);
  while (at !== above) {
    at = dirname(at);
    await syncFolder(at);
  }
}

/** Renames within a file system; the folder of `to` is made. @throws ENOENT when there is no `from` */
export async function moveDurably(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  await rename(from, to);
  // The new place first: after a failure between the two it is in both or in one, never in none.
  await syncFolder(dirname(to));
  if (resolve(dirname(from)) !== resolve(dirname(to))) await syncFolder(dirname(from));
}

/** Writes a file whole or not at all; `part` is where it is put together, beside it. */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  mode: number,
  part = `${path}.part`,
): Promise<void> {
  try {
    const file = await open(part, 'w', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveDurably(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
