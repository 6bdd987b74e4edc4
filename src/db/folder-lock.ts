import { open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAlive, type OwnerProcess, thisProcess } from './owner-process.ts';
import { syncFolder } from './sync-folder.ts';

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Holds a folder for this process by a file that names it (process id and start time, so that a reused id is told apart).
 * A lock whose process is gone is taken over; a living one is never, whatever its age.
 * @throws when another process holds the folder.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, 'alcove.lock');
  const mine = JSON.stringify(await thisProcess());
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await create(path, mine)) return { release: () => rm(path, { force: true }) };
    const holder = await readHolder(path);
    if (holder !== null && (await isAlive(holder))) {
      throw new Error(
        `the data folder ${folder} is in use by process ${holder.pid}: stop that one, or choose another DATA_DIR`,
      );
    }
    await rm(path, { force: true });
  }
  throw new Error(`the data folder ${folder} is being opened by several processes at once`);
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(content);
    await file.sync();
    await file.close();
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<OwnerProcess | null> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof holder === 'object' && holder !== null && 'pid' in holder ? (holder as OwnerProcess) : null;
  } catch {
    // Unreadable or half written: its writer died before it held anything.
    return null;
  }
}
