import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../db/database.ts';
import { DatabaseSetupError } from '../db/migrate.ts';
import { syncFolder } from '../db/sync-folder.ts';
import type { BlobStore } from './blob-store.ts';
import { surveyed } from './reconcile.ts';
import { namesBlobs } from './store.ts';

const fileName = 'installation.json';
const idKey = 'installation_id';
/** So many originals are looked up at most to find out whether folder and database know each other. */
const maxLookedUp = 2_000;
const advice =
  'correct DATABASE_URL or DATA_DIR, or, if the two do belong together, run "npm run alcove -- db adopt" once.';

/**
 * Makes sure that the data folder and the database are of one installation: the same id stands in both. Where it is
 * missing, the originals tell; where there are none on either side, nothing can be lost.
 * @throws DatabaseSetupError with one sentence when they do not belong together
 */
export async function tieDataFolder(db: Database, blobs: BlobStore, dataDir: string): Promise<void> {
  const inFolder = await readFolderId(dataDir);
  const inDatabase = await readDatabaseId(db);
  if (inFolder !== null && inFolder === inDatabase) return;
  const known = await compareOriginals(db, blobs);
  if (known === 'strangers') {
    throw new DatabaseSetupError(
      `The data folder ${dataDir} holds originals that this database does not name: ${advice}`,
    );
  }
  if (known === 'folder empty') {
    throw new DatabaseSetupError(
      `This database names originals, and the data folder ${dataDir} holds none of them (every process needs the same folder): ${advice}`,
    );
  }
  if (inFolder !== null && inDatabase !== null && known === 'same') {
    throw new DatabaseSetupError(
      `The data folder ${dataDir} belongs to another installation than this database: ${advice}`,
    );
  }
  // An empty folder that had a database of its own must not take its id along to the next one.
  await tie(db, dataDir, inDatabase ?? (known === 'same' ? inFolder : null) ?? randomUUID());
}

/** Ties the two whatever they hold: the operator has said that they belong together. */
export async function adoptDataFolder(db: Database, dataDir: string): Promise<void> {
  await tie(db, dataDir, (await readDatabaseId(db)) ?? randomUUID());
}

/** Whether the originals in the folder are those that the database names. */
async function compareOriginals(
  db: Database,
  blobs: BlobStore,
): Promise<'same' | 'strangers' | 'folder empty' | 'none'> {
  let seen = 0;
  async function* some() {
    for await (const { key } of blobs.list()) {
      if (seen >= maxLookedUp) return;
      seen += 1;
      yield key;
    }
  }
  for await (const { named } of surveyed(db, some())) if (named.size > 0) return 'same';
  if (seen > 0) return 'strangers';
  return (await namesBlobs(db)) ? 'folder empty' : 'none';
}

/** Row-level security hides this key from the application's role. Of replicas that start together one id wins. */
async function tie(db: Database, dataDir: string, id: string): Promise<void> {
  await db.pool.query('INSERT INTO installation (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [
    idKey,
    id,
  ]);
  await writeFolderId(dataDir, (await readDatabaseId(db)) ?? id);
}

async function readDatabaseId(db: Database): Promise<string | null> {
  const { rows } = await db.pool.query<{ value: string }>('SELECT value FROM installation WHERE key = $1', [
    idKey,
  ]);
  return rows[0]?.value ?? null;
}

async function readFolderId(dataDir: string): Promise<string | null> {
  const path = join(dataDir, fileName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const id = /"id"\s*:\s*"([0-9a-f-]{36})"/.exec(text)?.[1];
  if (id === undefined) throw new DatabaseSetupError(`${path} holds no id: delete the file and start again.`);
  return id;
}

async function writeFolderId(dataDir: string, id: string): Promise<void> {
  const path = join(dataDir, fileName);
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ id })}\n`);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dataDir);
}
