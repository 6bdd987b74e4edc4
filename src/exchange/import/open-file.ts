import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type Entry, open as openZipFile, type ZipFile } from 'yauzl';
import { AppError } from '../../errors.ts';
import { damaged, readDirectory } from './archive-directory.ts';
import { listOf, recordOf } from './fields.ts';
import type { GivenItem, OpenDocument } from './imported.ts';
import { splitJson } from './split-json.ts';

const openZip = promisify(
  openZipFile as (path: string, options: object, done: (error: Error | null, zip: ZipFile) => void) => void,
);
/** Text shrinks tenfold, seldom more; nothing else is as long as a bomb. */
const maxUnpackedGb = 16;
const zipMagic = 0x04034b50;
const noDocument: OpenDocument = async () => null;

/** What is looked up at once: enough to make round trips few, little enough to be held in memory. */
const batchItems = 100;
const batchCharacters = 4_000_000;

/**
 * The items of a file on disk, some at a time: JSON, or an archive with JSON files in it, which stays open while a batch
 * is worked at.
 * @throws AppError `invalid_request`, `too_large`; what the signal says
 */
export async function* batchesOf(path: string, signal?: AbortSignal): AsyncGenerator<GivenItem[]> {
  if (await isZip(path)) yield* batchesOfZip(path, signal);
  else yield* inBatches(itemsOfJson(createReadStream(path), noDocument, signal));
}

async function* inBatches(items: AsyncIterable<GivenItem>): AsyncGenerator<GivenItem[]> {
  let batch: GivenItem[] = [];
  let characters = 0;
  for await (const item of items) {
    batch.push(item);
    characters += item.characters;
    if (batch.length < batchItems && characters < batchCharacters) continue;
    yield batch;
    [batch, characters] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

async function isZip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.readUInt32LE(0) === zipMagic;
  } finally {
    await file.close();
  }
}

async function* itemsOfJson(
  source: Readable,
  openDocument: OpenDocument,
  signal: AbortSignal | undefined,
): AsyncGenerator<GivenItem> {
  for await (const { text, fault } of splitJson(source, signal)) {
    if (fault !== null) {
      yield { value: null, fault, characters: 0, openDocument };
      continue;
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      yield { value: null, fault: 'It is not valid JSON.', characters: 0, openDocument };
      continue;
    }
    const values = inside(value);
    const characters = text.length / values.length;
    for (const one of values) yield { value: one, fault: null, characters, openDocument };
  }
}

/** Files that are an object around their list. */
function inside(value: unknown): unknown[] {
  const record = recordOf(value);
  if (record === null) return [value];
  // Chatbot UI; and whoever wraps a list.
  if (Array.isArray(record['history']) && 'version' in record) return record['history'];
  const list = listOf(record['conversations']);
  const isWrapped =
    list.length > 0 && recordOf(list[0])?.['from'] === undefined && record['id'] === undefined;
  return isWrapped ? list : [value];
}

/** Names are looked up and never written to: what they say of folders means nothing. */
async function* batchesOfZip(path: string, signal: AbortSignal | undefined): AsyncGenerator<GivenItem[]> {
  const zip = await openZip(path, { lazyEntries: true, autoClose: false, validateEntrySize: true }).catch(
    damaged,
  );
  try {
    const entries = await readDirectory(zip);
    const openDocument: OpenDocument = async (name) => {
      const entry = entries.get(name);
      return entry === undefined ? null : openEntry(zip, entry);
    };
    // Other products put profiles and feedback beside the conversations.
    const files = [...entries.values()].filter(({ fileName }) =>
      holdsConversations(fileName.slice(fileName.lastIndexOf('/') + 1).toLowerCase()),
    );
    const account = entries.get('account.json');
    // Of others it may be anything: only an archive from here has both.
    if (account !== undefined && entries.has('manifest.json')) files.unshift(account);
    if (files.length === 0)
      throw new AppError(
        'invalid_request',
        'The archive holds no conversations: no conversations.json is in it.',
      );
    // Entries never unpack to more than they say.
    const unpacked = files.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    if (unpacked > maxUnpackedGb * 1024 ** 3)
      throw new AppError(
        'too_large',
        `The conversations of the archive unpack to more than ${maxUnpackedGb} GB.`,
      );
    yield* inBatches(itemsOfEntries(zip, files, openDocument, signal));
  } finally {
    zip.close();
  }
}

async function* itemsOfEntries(
  zip: ZipFile,
  entries: readonly Entry[],
  openDocument: OpenDocument,
  signal: AbortSignal | undefined,
): AsyncGenerator<GivenItem> {
  for (const entry of entries)
    try {
      yield* itemsOfJson(await openEntry(zip, entry), openDocument, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof AppError) throw error;
      const fault = `${entry.fileName.slice(0, 100)} cannot be unpacked.`;
      yield { value: null, fault, characters: 0, openDocument };
    }
}

function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}

function holdsConversations(name: string): boolean {
  if (!name.endsWith('.json')) return false;
  return /^(?:conversations?(?:[-_ ]?\d+)?|chats?)\.json$/.test(name) || name.includes('chat-export');
}
