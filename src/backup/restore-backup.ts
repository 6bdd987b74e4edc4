import { join } from 'node:path';
import { Readable } from 'node:stream';
import type pg from 'pg';
import type { Database } from '../db/database.ts';
import { migrate, newestMigration } from '../db/migrate.ts';
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
 * `replace` first empties the database and moves the originals that are there aside, into quarantine.
 * @throws BackupError for a backup that cannot be trusted, or a target that is in use
 */
export async function restoreBackup(
  source: AsyncIterable<Uint8Array>,
  replace: boolean,
  deps: RestoreDeps,
): Promise<{ about: Manifest; end: Ending }> {
  const { db, blobs } = deps;
  await clearOriginals(deps, replace);
  const kept: string[] = [];
  let open: OwnConnection | null = null;
  let secret: string | null = null;
  try {
    const result = await readBackup(source, {
      async start(about) {
        if (about.schema.at > (await newestMigration()).at)
          throw new BackupError('The backup is of a newer Alcove: restore it with that version.');
        // Rows come back as the version that wrote them had them; what changed since then changes them after that.
        await migrate(db, about.schema.at);
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
        kept.push(key);
        await blobs.put(key, Readable.from(content, { objectMode: false }), size);
      },
    });
    // The compiler does not see that the reader has set it.
    const loading = open as OwnConnection | null;
    if (loading === null) throw new BackupError('The backup holds nothing.');
    await closeLoad(loading.client);
    open = null;
    await loading.close();
    if (secret !== null) await writeSecret(deps.dataDir, secret);
    await migrate(db);
    await checkIsolation(db);
    await adoptOriginals(db, blobs);
    return result;
  } catch (error) {
    const loading = open as OwnConnection | null;
    await loading?.client.query('ROLLBACK').catch(() => {});
    await loading?.close();
    for (const key of kept) await blobs.delete(key).catch(() => {});
    throw error;
  }
}

async function clearOriginals({ blobs, now }: RestoreDeps, replace: boolean): Promise<void> {
  for await (const { key } of blobs.list()) {
    if (!replace)
      throw new BackupError(
        `${blobs.place.replace('the', 'The')} holds originals already: restore into an empty one, or say --replace to move them aside.`,
      );
    await blobs.quarantine(key, now());
  }
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
