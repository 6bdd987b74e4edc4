import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { moveDurably } from '../db/durable-files.ts';
import type { BlobStore } from './blob-store.ts';

const dayMs = 24 * 3600 * 1000;

/** `folder/<day>/<key>`: the day stands in the path, since a copied file has another age. */
export function createQuarantine(
  folder: string,
  pathOf: (key: string) => string,
  keysIn: (folder: string) => AsyncIterable<string>,
): Pick<BlobStore, 'quarantine' | 'restore' | 'listQuarantined'> & { drop(key: string): Promise<void> } {
  async function days(): Promise<string[]> {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names.filter((name) => !Number.isNaN(Date.parse(name))).toSorted();
  }

  return {
    async quarantine(key, now) {
      await move(pathOf(key), join(folder, now.toISOString().slice(0, 10), key));
    },
    async restore(key) {
      for (const day of await days()) if (await move(join(folder, day, key), pathOf(key))) return true;
      return false;
    },
    async *listQuarantined() {
      for (const day of await days()) {
        // Its last moment: none is deleted a day too early.
        const since = new Date(Date.parse(day) + dayMs);
        for await (const key of keysIn(join(folder, day))) yield { key, since };
      }
    },
    async drop(key) {
      for (const day of await days()) await rm(join(folder, day, key), { force: true });
    },
  };
}

/** False when there is nothing to move. */
async function move(from: string, to: string): Promise<boolean> {
  try {
    await moveDurably(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  return true;
}
