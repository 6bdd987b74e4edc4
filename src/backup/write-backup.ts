import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Database } from '../db/database.ts';
import { newestMigration } from '../db/migration-state.ts';
import { openOwnConnection } from '../db/own-connection.ts';
import { makeTemporaryFolder } from '../db/temporary-folder.ts';
import { hasCode } from '../errors.ts';
import type { BlobStore } from '../files/blob-store.ts';
import { holdDeletions, type DeletionHold } from '../files/deletion-hold.ts';
import { BackupError } from './backup-error.ts';
import {
  blobsFolder,
  type Ending,
  formatVersion,
  type Manifest,
  missingFolder,
  type OriginalOfRow,
  rowsFolder,
} from './format.ts';
import { originalsOnce } from './originals-of-row.ts';
import { readRows } from './rows-store.ts';
import { archiveEnd, entryHead, padding } from './tar.ts';

const partBytes = 4 * 1024 * 1024;
/** Kept together until they are written. */
const listedBytes = 64 * 1024;
const compress = promisify(gzip);

export interface BackupDeps {
  db: Database;
  blobs: BlobStore;
  dataDir: string;
  hold: DeletionHold;
  version: string;
  now: () => Date;
}

/**
 * The whole installation as one archive: the rows of one moment, then the originals that they name, which nobody may
 * delete meanwhile. Memory is bounded by the largest row.
 * @throws BackupError naming an original that is missing or damaged, unless `allowMissing`
 */
export async function* writeBackup(deps: BackupDeps, allowMissing: boolean): AsyncGenerator<Uint8Array> {
  const release = await holdDeletions(deps.db, deps.hold);
  const folder = await makeTemporaryFolder('backup');
  const listed = join(folder, 'originals.ndjson');
  const counts: Ending = { entries: 0, rows: {}, originals: 0, missing: [], sha256: '' };
  const digest = createHash('sha256');
  const open = (name: string, size: number, sha256: string): Buffer => {
    counts.entries += 1;
    digest.update(`${name} ${size} ${sha256}\n`);
    return entryHead(name, size, sha256);
  };
  const whole = (name: string, bytes: Buffer): Buffer =>
    Buffer.concat([open(name, bytes.length, sha256(bytes)), bytes, padding(bytes.length)]);

  try {
    const about: Manifest = {
      format: 'alcove-backup',
      version: formatVersion,
      alcove: deps.version,
      createdAt: deps.now().toISOString(),
      database: deps.db.kind,
      schema: await newestMigration(),
    };
    yield whole('backup.json', Buffer.from(`${JSON.stringify(about, null, 2)}\n`));
    let part = 0;
    for await (const lines of inParts(linesOf(deps, counts, listed))) {
      part += 1;
      yield whole(`${rowsFolder}${String(part).padStart(6, '0')}.ndjson.gz`, await compress(lines));
    }
    for await (const line of createInterface({ input: createReadStream(listed), crlfDelay: Infinity })) {
      const original = JSON.parse(line) as OriginalOfRow;
      const found = await openOriginal(deps.blobs, original, allowMissing);
      if (found === null) {
        counts.missing.push(original.key);
        yield whole(`${missingFolder}${original.key}`, Buffer.from(JSON.stringify(original)));
        continue;
      }
      counts.originals += 1;
      yield open(`${blobsFolder}${original.key}`, original.size, original.sha256);
      yield* checkedOriginal(found, original);
      yield padding(original.size);
    }
    const end = Buffer.from(`${JSON.stringify({ ...counts, sha256: digest.digest('hex') })}\n`);
    yield Buffer.concat([entryHead('end.json', end.length, sha256(end)), end, padding(end.length)]);
    yield archiveEnd;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await release();
  }
}

/** The rows as lines; what they say of originals goes to a file, since the database is to be free soon. */
async function* linesOf(deps: BackupDeps, counts: Ending, listed: string): AsyncGenerator<string> {
  const originalsOf = originalsOnce();
  const { client, close } = await openOwnConnection(deps.db);
  try {
    const line = (table: string, json: string): string => {
      counts.rows[table] = (counts.rows[table] ?? 0) + 1;
      return `${table}\t${json}\n`;
    };
    const secret = deps.db.kind === 'pglite' ? await readSecret(deps.dataDir) : null;
    if (secret !== null) yield line('installation', JSON.stringify({ key: 'auth_secret', value: secret }));
    let pending = '';
    for await (const { table, json } of readRows(client, deps.db.roles)) {
      // What is restored is another installation: it gets an id of its own.
      if (table === 'installation' && (JSON.parse(json) as { key: string }).key === 'installation_id')
        continue;
      for (const original of table === 'documents' ? originalsOf(json) : [])
        pending += `${JSON.stringify(original)}\n`;
      if (pending.length > listedBytes) {
        await appendFile(listed, pending, { mode: 0o600 });
        pending = '';
      }
      yield line(table, json);
    }
    await appendFile(listed, pending, { mode: 0o600 });
  } finally {
    await close();
  }
}

async function* inParts(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held: string[] = [];
  let length = 0;
  for await (const line of lines) {
    held.push(line);
    length += line.length;
    if (length < partBytes) continue;
    yield Buffer.from(held.join(''));
    held = [];
    length = 0;
  }
  if (held.length > 0) yield Buffer.from(held.join(''));
}

/** With `allowMissing` it is read twice: a header cannot be taken back. */
async function openOriginal(
  blobs: BlobStore,
  original: OriginalOfRow,
  allowMissing: boolean,
): Promise<AsyncIterable<Buffer> | null> {
  try {
    if (allowMissing) for await (const _ of checkedOriginal(await blobs.read(original.key), original));
    return await blobs.read(original.key);
  } catch (error) {
    // A storage that does not answer says nothing about what is missing.
    const isMissing = hasCode(error, 'original_missing');
    if (allowMissing && (error instanceof BackupError || isMissing)) return null;
    throw isMissing ? cannotBeKept(original, 'missing', error) : error;
  }
}

async function* checkedOriginal(
  content: AsyncIterable<Buffer>,
  original: OriginalOfRow,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of content) {
    hash.update(piece);
    size += piece.length;
    if (size > original.size) break;
    yield piece;
  }
  if (size !== original.size || hash.digest('hex') !== original.sha256)
    throw cannotBeKept(original, 'damaged');
}

function cannotBeKept({ key }: OriginalOfRow, what: string, cause?: unknown): BackupError {
  return new BackupError(
    `The original ${key} is ${what}: put it back into the data folder, delete its document, or keep the rest with --allow-missing.`,
    { cause },
  );
}

async function readSecret(dataDir: string): Promise<string | null> {
  return readFile(join(dataDir, 'secret'), 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
