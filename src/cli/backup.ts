import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { askServer } from '../backup/ask-server.ts';
import type { Ending } from '../backup/format.ts';
import { verifyBackup } from '../backup/read-backup.ts';
import { writeBackup } from '../backup/write-backup.ts';
import { readConfig } from '../config.ts';
import { connectDatabase } from '../db/client.ts';
import { assertMigrated } from '../db/migration-state.ts';
import { moveDurably } from '../db/durable-files.ts';
import { openBlobStore } from '../files/open-store.ts';
import { readVersion } from '../version.ts';

/** Writes database and originals into one file, while the server runs or not, and reads the file back. */
export async function backup(path: string, options: { allowMissing?: boolean }): Promise<number> {
  const config = readConfig();
  const target = resolve(path);
  const partial = `${target}.partial`;
  const allowMissing = options.allowMissing === true;
  await refuseExisting(target);
  const asked =
    config.database.kind === 'pglite'
      ? await askServer(config.dataDir, `/backup${allowMissing ? '?allow-missing' : ''}`)
      : null;
  try {
    if (asked !== null) await keep(asked, partial);
    else {
      const db = await connectDatabase(config.database);
      try {
        await assertMigrated(db);
        const blobs = await openBlobStore(config.blobs, config.dataDir);
        const version = await readVersion();
        const deps = {
          db,
          blobs,
          dataDir: config.dataDir,
          hold: { held: 0 },
          version,
          now: () => new Date(),
        };
        await keep(writeBackup(deps, allowMissing), partial);
      } finally {
        await db.close();
      }
    }
    const { end } = await verifyBackup(createReadStream(partial));
    await moveDurably(partial, target);
    process.stdout.write(`${target}: ${describe(end)}, read back and whole.\n`);
    for (const key of end.missing) process.stdout.write(`- without the original ${key}\n`);
    return 0;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** What a backup holds, in a few words. */
export function describe({ rows, originals }: Ending): string {
  const count = (table: string): number => rows[table] ?? 0;
  return `${count('users')} accounts, ${count('conversations')} conversations, ${count('messages')} messages, ${count('documents')} documents, ${originals} originals`;
}

async function keep(bytes: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  // It holds everybody's documents and the secrets of the installation.
  const file = await open(path, 'w', 0o600);
  try {
    for await (const piece of bytes) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await open(path, 'r').catch(() => null);
  await found?.close();
  if (found !== null) throw new Error(`${path} exists already: name a new file.`);
}
