import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, thisProcess } from './owner-process.ts';

// The name says whose it is: another host or container on the same folder has process ids of its own.
const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const asideEnd = '-gone';
const nameForm = new RegExp(`^alcove-[a-z]+-${host}-(\\d+)-(\\d+)-`);

/** A folder that only this user may enter; who makes it removes it, or the next start does. */
export async function makeTemporaryFolder(
  purpose: 'socket' | 'upload' | 'demo' | 'backup' | 'code' | 'import',
): Promise<string> {
  const { pid, started } = await thisProcess();
  return mkdtemp(join(tmpdir(), `alcove-${purpose}-${host}-${pid}-${started ?? 0}-`));
}

/** Removes the folders of processes that were killed; returns how many. */
export async function removeAbandonedFolders(): Promise<number> {
  let removed = 0;
  for (const name of await readdir(tmpdir())) {
    const [, pid, started] = nameForm.exec(name) ?? [];
    if (pid === undefined || started === undefined) continue;
    if (await isAlive({ pid: Number(pid), started: started === '0' ? null : started })) continue;
    const path = join(tmpdir(), name);
    const found = await lstat(path).catch(() => null);
    // Anybody can make a folder of such a name: only our own goes.
    if (found === null || !found.isDirectory() || found.uid !== process.getuid?.()) continue;
    // A parser may outlive its server by a moment and fill the folder faster than it is emptied: under another name it
    // does not find it. What it makes anew is left to the next start.
    const aside = name.endsWith(asideEnd) ? path : `${path}${asideEnd}`;
    const isGone = await rename(path, aside)
      .then(() => rm(aside, { recursive: true, force: true }))
      .then(
        () => true,
        () => false,
      );
    if (isGone) removed += 1;
  }
  return removed;
}
