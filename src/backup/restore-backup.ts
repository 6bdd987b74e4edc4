import { join } from 'node:path';
import { Readable } from 'node:stream';
import type pg from 'pg';
import type { Database } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { isMigrated, newestMigration } from '../db/migration-state.ts';
import { openOwnConnection, type OwnConnection } from '../db/own-connection.ts';
import { checkIsolation } from '../db/self-check.ts';
import { writeDurably } from '../db/durable-files.ts';
import type { BlobStore } from '../files/blob-store.ts';
import { adoptOriginals } from '../files/installation.ts';
import { BackupError } from './backup-error.ts';
import type { Ending, Manifest } from './format.ts';
import { readBackup } from './read-backup.ts';
import { closeLoad, insertRows, openLoad, type Row } from './rows-store.ts';

const batchBytes = 1024 * 1024;

export interface RestoreDeps {
  db: Database;
  blobs: BlobStore;
  dataDir: string;
  now: () => Date;
}

/**
 * Puts a backup into an empty database and data folder, all or nothing, and makes an installation of its own of them.
 * `replace` empties the database first, and at the end moves the originals aside, into quarantine, that the backup does
 * not name. Until the commit originals only come: whatever ends it before leaves every row its original.
 * @throws BackupError for a backup that cannot be trusted, a target that is in use, or when it failed after the commit
 */
export async function restoreBackup(
  source: AsyncIterable<Uint8Array>,
  replace: boolean,
  deps: RestoreDeps,
): Promise<{ about: Manifest; end: Ending }> {
  const before = await keysBefore(deps.blobs, replace);
  const loaded = await load(source, replace, before, deps);
  try {
    await finish(loaded, before, deps);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
    throw new BackupError(
      `The restore did not come to its end: ${why}. Nothing of it is taken back: put that right and run it again with --replace.`,
      { cause },
    );
  }
  return loaded.backup;
}

interface Loaded {
  backup: { about: Manifest; end: Ending };
  /** Its transaction is still open. */
  connection: OwnConnection;
  /** Where that is no row. */
  secret: string | null;
  /** Keys of the originals that have come. */
  arrived: ReadonlySet<string>;
}

/** The keys of the originals that are there. @throws BackupError when there are any and none may be */
async function keysBefore(blobs: BlobStore, replace: boolean): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { key } of blobs.list()) {
    if (!replace)
      throw new BackupError(
        `${blobs.place.replace('the', 'The')} holds originals already: restore into an empty one, or say --replace to move them aside.`,
      );
    keys.add(key);
  }
  return keys;
}

/** Brings everything but the commit; takes back what has come when that fails. */
async function load(
  source: AsyncIterable<Uint8Array>,
  replace: boolean,
  before: ReadonlySet<string>,
  { db, blobs }: RestoreDeps,
): Promise<Loaded> {
  const arrived = new Set<string>();
  let open: OwnConnection | null = null;
  let secret: string | null = null;
  try {
    const backup = await readBackup(source, {
      async start(about) {
        await prepareDatabase(db, about);
        open = await openOwnConnection(db);
        if (!(await openLoad(open.client, replace)))
          throw new BackupError(
            'The database has accounts already: restore into an empty one, or say --replace to lose what it holds.',
          );
      },
      async rows(rows) {
        if (open === null) throw new BackupError('The backup does not begin with what it is.');
        for (const row of rows) secret ??= secretIn(row, db);
        await insertAll(
          open.client,
          rows.filter((row) => secretIn(row, db) === null),
        );
      },
      async original(key, size, content) {
        arrived.add(key);
        // It takes the place of one of this key, which has the same bytes or damaged ones: keys are never used again.
        await blobs.put(key, Readable.from(content, { objectMode: false }), size);
      },
    });
    // The compiler does not see that the reader has set it.
    const connection = open as OwnConnection | null;
    if (connection === null) throw new BackupError('The backup holds nothing.');
    await closeLoad(connection.client);
    return { backup, connection, secret, arrived };
  } catch (error) {
    const connection = open as OwnConnection | null;
    await connection?.client.query('ROLLBACK').catch(() => {});
    await connection?.close();
    for (const key of arrived) if (!before.has(key)) await takeBack(blobs, key);
    throw error;
  }
}

/** What a later step would refuse is refused here, before a row or an original comes. */
async function prepareDatabase(db: Database, { schema }: Manifest): Promise<void> {
  if (schema.at > (await newestMigration()).at)
    throw new BackupError('The backup is of a newer Alcove: restore it with that version.');
  // Rows come back as the version that wrote them had them; what changed since then changes them after that.
  await migrate(db, schema.at);
  if (await isMigrated(db)) await checkIsolation(db);
}

/** A copy in quarantine may be the only one that the rows of before have: it comes back, and none is deleted. */
async function takeBack(blobs: BlobStore, key: string): Promise<void> {
  try {
    if (!(await blobs.restore(key))) await blobs.delete(key);
  } catch {
    // The reason of the failure is told already; the reconciler finds what no row names.
  }
}

/** From the commit on rows name what has come, also when its answer was lost: nothing is deleted any more. */
async function finish(
  { backup, connection, secret, arrived }: Loaded,
  before: ReadonlySet<string>,
  { db, blobs, dataDir, now }: RestoreDeps,
): Promise<void> {
  try {
    await connection.client.query('COMMIT');
  } finally {
    await connection.close();
  }
  if (secret !== null) await writeSecret(dataDir, secret);
  await migrate(db);
  await checkIsolation(db);
  await adoptOriginals(db, blobs);
  // Rows name also what the backup was made without.
  const named = new Set([...arrived, ...backup.end.missing]);
  for (const key of before) if (!named.has(key)) await blobs.quarantine(key, now());
}

async function insertAll(client: pg.ClientBase, rows: readonly Row[]): Promise<void> {
  let batch: string[] = [];
  let table = '';
  let bytes = 0;
  for (const row of rows) {
    if (row.table !== table || bytes > batchBytes) {
      await insertRows(client, table, batch);
      batch = [];
      table = row.table;
      bytes = 0;
    }
    batch.push(row.json);
    bytes += row.json.length;
  }
  await insertRows(client, table, batch);
}

/** The embedded database keeps the secret beside it, PostgreSQL in a row. */
function secretIn({ table, json }: Row, db: Database): string | null {
  if (db.kind !== 'pglite' || table !== 'installation') return null;
  const { key, value } = JSON.parse(json) as { key: string; value: string };
  return key === 'auth_secret' ? value : null;
}

async function writeSecret(dataDir: string, secret: string): Promise<void> {
  await writeDurably(join(dataDir, 'secret'), secret, 0o600);
}
