import { randomUUID } from 'node:crypto';
import type { Database } from '../db/database.ts';
import { DatabaseSetupError } from '../db/setup-error.ts';
import type { BlobStore } from './blob-store.ts';
import { surveyed } from './reconcile.ts';
import { namesBlobs } from './store.ts';

const noteName = 'installation.json';
const idKey = 'installation_id';
/** So many originals are looked up at most to find out whether folder and database know each other. */
const maxLookedUp = 2_000;

/**
 * Makes sure that the originals and the database are of one installation: the same id stands beside both. Where it is
 * missing, the originals tell; where there are none on either side, nothing can be lost.
 * @throws DatabaseSetupError with one sentence when they do not belong together
 */
export async function tieOriginals(db: Database, blobs: BlobStore): Promise<void> {
  const inStore = await readStoreId(blobs);
  const inDatabase = await readDatabaseId(db);
  if (inStore !== null && inStore === inDatabase) return;
  const known = await compareOriginals(db, blobs);
  if (known === 'strangers') {
    throw new DatabaseSetupError(
      `${capital(blobs.place)} holds originals that this database does not name: ${adviceFor(blobs)}`,
    );
  }
  if (known === 'store empty') {
    throw new DatabaseSetupError(
      `This database names originals, and ${blobs.place} holds none of them (every process needs the same place): ${adviceFor(blobs)}`,
    );
  }
  if (inStore !== null && inDatabase !== null && known === 'same') {
    throw new DatabaseSetupError(
      `${capital(blobs.place)} belongs to another installation than this database: ${adviceFor(blobs)}`,
    );
  }
  // An empty place that had a database of its own must not take its id along to the next one.
  await tie(db, blobs, inDatabase ?? (known === 'same' ? inStore : null) ?? randomUUID());
}

/** Ties the two whatever they hold: the operator has said that they belong together. */
export async function adoptOriginals(db: Database, blobs: BlobStore): Promise<void> {
  await tie(db, blobs, (await readDatabaseId(db)) ?? randomUUID());
}

/** Whether the originals in the store are those that the database names. */
async function compareOriginals(
  db: Database,
  blobs: BlobStore,
): Promise<'same' | 'strangers' | 'store empty' | 'none'> {
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
  return (await namesBlobs(db)) ? 'store empty' : 'none';
}

/** Row-level security hides this key from the application's role. Of replicas that start together one id wins. */
async function tie(db: Database, blobs: BlobStore, id: string): Promise<void> {
  await db.pool.query('INSERT INTO installation (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [
    idKey,
    id,
  ]);
  await blobs.writeNote(noteName, `${JSON.stringify({ id: (await readDatabaseId(db)) ?? id })}\n`);
}

async function readDatabaseId(db: Database): Promise<string | null> {
  const { rows } = await db.pool.query<{ value: string }>('SELECT value FROM installation WHERE key = $1', [
    idKey,
  ]);
  return rows[0]?.value ?? null;
}

async function readStoreId(blobs: BlobStore): Promise<string | null> {
  const text = await blobs.readNote(noteName);
  if (text === null) return null;
  const id = /"id"\s*:\s*"([0-9a-f-]{36})"/.exec(text)?.[1];
  if (id === undefined)
    throw new DatabaseSetupError(
      `${noteName} in ${blobs.place} holds no id: delete the file and start again.`,
    );
  return id;
}

function adviceFor({ setting }: BlobStore): string {
  return `correct DATABASE_URL or ${setting}, or, if the two do belong together, run "npm run alcove -- db adopt" once.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
