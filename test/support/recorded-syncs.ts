import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Only Linux tells which path an open file is. */
export const canRecordSyncs = existsSync('/proc/self/fd');

/** A folder that was forced to the disk, and what it held then. */
interface Synced {
  path: string;
  names: string[];
}

/** Runs `work` and says which folders this process forced to the disk meanwhile, in order; the real calls are made. */
export async function recordSyncs(work: () => Promise<unknown>): Promise<Synced[]> {
  const probe = await open('/', 'r');
  const prototype = Object.getPrototypeOf(probe) as { fd: number; sync(): Promise<void> };
  await probe.close();
  const { sync } = prototype;
  const synced: Synced[] = [];
  prototype.sync = async function record(this: typeof prototype) {
    const path = readlinkSync(`/proc/self/fd/${this.fd}`);
    const isFolder = statSync(path).isDirectory();
    await sync.call(this);
    if (isFolder) synced.push({ path, names: readdirSync(path) });
  };
  try {
    await work();
  } finally {
    prototype.sync = sync;
  }
  return synced;
}
