import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { askServer } from '../backup/ask-server.ts';
import type { Ending } from '../backup/format.ts';
import { verifyBackup } from '../backup/read-backup.ts';
import { writeBackup } from '../backup/write-backup.ts';
import { type Config, readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { assertMigrated } from '../db/migration-state.ts';
import { openBlobStore } from '../files/open-store.ts';
import { readVersion } from '../version.ts';
import { keepBytes, writeNewFile } from './new-file.ts';

/** Writes database and originals into one file, while the server runs or not, and reads the file back. */
export async function backup(path: string, options: { allowMissing?: boolean }): Promise<number> {
  const config = readConfig();
  const target = resolve(path);
  const allowMissing = options.allowMissing === true;
  const { end } = await writeNewFile(target, async (partial) => {
    await writeInto(partial, config, allowMissing);
    return verifyBackup(createReadStream(partial));
  });
  process.stdout.write(`${target}: ${describe(end)}, read back and whole.\n`);
  for (const key of end.missing) process.stdout.write(`- without the original ${key}\n`);
  return 0;
}

/** It holds everybody's documents and the secrets of the installation. */
async function writeInto(path: string, config: Config, allowMissing: boolean): Promise<void> {
  const asked =
    config.database.kind === 'pglite'
      ? await askServer(config.dataDir, `/backup${allowMissing ? '?allow-missing' : ''}`)
      : null;
  if (asked !== null) return keepBytes(asked, path);
  const db = await connectDatabase(config.database);
  try {
    await assertMigrated(db);
    const blobs = await openBlobStore(config.blobs, config.dataDir);
    const version = await readVersion();
    const deps = { db, blobs, dataDir: config.dataDir, hold: { held: 0 }, version, now: () => new Date() };
    await keepBytes(writeBackup(deps, allowMissing), path);
  } finally {
    await db.close();
  }
}

/** What a backup holds, in a few words. */
export function describe({ rows, originals }: Ending): string {
  const count = (table: string): number => rows[table] ?? 0;
  return `${count('users')} accounts, ${count('conversations')} conversations, ${count('messages')} messages, ${count('documents')} documents, ${originals} originals`;
}
