import { createHash, type Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BackupError } from './backup-error.ts';
import {
  blobsFolder,
  ending,
  type Ending,
  formatVersion,
  manifest,
  type Manifest,
  missingFolder,
  type OriginalOfRow,
  rowsFolder,
} from './format.ts';
import type { Row } from './rows-store.ts';
import { readTar, type TarEntry } from './tar.ts';
import { originalsOnce } from './originals-of-row.ts';

const expand = promisify(gunzip);
/** A part is cut at 4 MB, but a single row may be larger: the text of the longest document and its index. */
const maxPartBytes = 512 * 1024 * 1024;

/** What is done with the pieces of a backup; the originals follow all of the rows. */
export interface BackupReader {
  start(about: Manifest): Promise<void>;
  rows(rows: Row[]): Promise<void>;
  original(key: string, size: number, content: AsyncIterable<Buffer>): Promise<void>;
}

/**
 * Reads a backup to its end and compares everything with what it says of itself: each entry's hash, the number of rows,
 * and that every row has its original and every original its row.
 * @throws BackupError naming what is damaged
 */
export async function readBackup(
  source: AsyncIterable<Uint8Array>,
  reader: BackupReader,
): Promise<{ about: Manifest; end: Ending }> {
  const counts: Record<string, number> = {};
  const originals = { byRows: createHash('sha256'), byEntries: createHash('sha256') };
  const originalsOf = originalsOnce();
  const whole = createHash('sha256');
  let about: Manifest | null = null;
  let end: Ending | null = null;
  let entries = 0;
  for await (const entry of readTar(source)) {
    const { name, size, sha256, content } = entry;
    if (end !== null) throw new BackupError('The backup goes on after its end.');
    if (name === 'end.json') {
      end = ending.parse(JSON.parse((await allOf(content)).toString()));
      continue;
    }
    entries += 1;
    whole.update(`${name} ${size} ${sha256}\n`);
    if (about === null) {
      about = readManifest(name, await allOf(content));
      await reader.start(about);
    } else if (name.startsWith(rowsFolder)) {
      const rows = parseRows(await expand(await allOf(content), { maxOutputLength: maxPartBytes }));
      for (const { table, json } of rows) {
        counts[table] = (counts[table] ?? 0) + 1;
        for (const original of table === 'documents' ? originalsOf(json) : [])
          note(originals.byRows, original);
      }
      await reader.rows(rows);
    } else await readOriginal(entry, originals.byEntries, reader);
  }
  if (about === null || end === null) throw new BackupError('The backup ends in the middle: it was cut off.');
  if (entries !== end.entries || whole.digest('hex') !== end.sha256)
    throw new BackupError('Entries of the backup are missing or were exchanged.');
  if (Object.entries(end.rows).some(([table, count]) => counts[table] !== count))
    throw new BackupError('Rows of the backup are missing.');
  if (originals.byRows.digest('hex') !== originals.byEntries.digest('hex'))
    throw new BackupError('The originals of the backup are not those that its documents name.');
  return { about, end };
}

/** Reads it to its end and keeps nothing. @throws BackupError */
export function verifyBackup(source: AsyncIterable<Uint8Array>): Promise<{ about: Manifest; end: Ending }> {
  return readBackup(source, {
    start: () => Promise.resolve(),
    rows: () => Promise.resolve(),
    async original(_key, _size, content) {
      for await (const _ of content);
    },
  });
}

async function readOriginal(entry: TarEntry, seen: Hash, reader: BackupReader): Promise<void> {
  const { name, size, sha256, content } = entry;
  if (name.startsWith(missingFolder)) {
    note(seen, JSON.parse((await allOf(content)).toString()) as OriginalOfRow);
    return;
  }
  if (!name.startsWith(blobsFolder))
    throw new BackupError(`The backup holds ${name}, which is unknown here.`);
  const key = name.slice(blobsFolder.length);
  note(seen, { key, sha256, size });
  await reader.original(key, size, content);
}

function note(hash: Hash, { key, sha256, size }: OriginalOfRow): void {
  hash.update(`${key} ${sha256} ${size}\n`);
}

function readManifest(name: string, bytes: Buffer): Manifest {
  const parsed = manifest.safeParse(name === 'backup.json' ? JSON.parse(bytes.toString()) : null);
  if (!parsed.success) throw new BackupError('The file is no backup of Alcove.');
  if (parsed.data.version > formatVersion)
    throw new BackupError('The backup is of a newer Alcove: restore it with that version.');
  return parsed.data;
}

function parseRows(lines: Buffer): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < lines.length;) {
    const tab = lines.indexOf(9, at);
    const end = lines.indexOf(10, tab);
    if (tab === -1 || end === -1) throw new BackupError('Rows of the backup are damaged.');
    rows.push({ table: lines.toString('utf8', at, tab), json: lines.toString('utf8', tab + 1, end) });
    at = end + 1;
  }
  return rows;
}

async function allOf(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}
