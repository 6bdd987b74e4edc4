import type { Entry, ZipFile } from 'yauzl';
import { AppError } from '../../errors.ts';

const maxEntries = 200_000;
const localHeaderBytes = 30;

/** The first entry of each name. @throws AppError `invalid_request` for an archive that is none, or a bomb */
export async function readDirectory(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = await readEntries(zip).catch(damaged);
  if (overlap(entries)) damaged(new Error('entries lie over each other'));
  const byName = new Map<string, Entry>();
  for (const entry of entries) if (!byName.has(entry.fileName)) byName.set(entry.fileName, entry);
  return byName;
}

export function damaged(cause: unknown): never {
  throw new AppError('invalid_request', 'The archive is damaged, or no zip archive.', { cause });
}

function readEntries(zip: ZipFile): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on('entry', (entry: Entry) => {
      if (entries.length >= maxEntries) return reject(new Error('too many entries'));
      entries.push(entry);
      zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', reject);
    zip.readEntry();
  });
}

/** Bytes that many entries share unpack to any size, and no program writes such an archive. */
function overlap(entries: readonly Entry[]): boolean {
  const inPlace = entries.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let end = 0;
  for (const { relativeOffsetOfLocalHeader: start, fileNameLength, compressedSize } of inPlace) {
    if (start < end) return true;
    end = start + localHeaderBytes + fileNameLength + compressedSize;
  }
  return false;
}
