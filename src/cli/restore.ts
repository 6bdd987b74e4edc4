import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { verifyBackup } from '../backup/read-backup.ts';
import { restoreBackup } from '../backup/restore-backup.ts';
import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { openBlobStore } from '../files/open-store.ts';
import { describe } from './backup.ts';

/** Puts a backup into the configured database and data folder, which must be empty and not in use. */
export async function restore(
  path: string,
  options: { replace?: boolean; verifyOnly?: boolean },
): Promise<number> {
  const file = resolve(path);
  // First to its end: a damaged backup must not cost what is there.
  const { about, end } = await verifyBackup(createReadStream(file));
  const found = `${describe(end)} of ${about.createdAt}`;
  if (options.verifyOnly === true) {
    process.stdout.write(`${file} is whole: ${found}.\n`);
    return 0;
  }
  const config = readConfig();
  const db = await connectDatabase(config.database);
  try {
    const blobs = await openBlobStore(config.blobs, config.dataDir);
    const deps = { db, blobs, dataDir: config.dataDir, now: () => new Date() };
    await restoreBackup(createReadStream(file), options.replace === true, deps);
    process.stdout.write(`Restored ${found}.\n`);
    return 0;
  } finally {
    await db.close();
  }
}
