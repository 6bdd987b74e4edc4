import { inflateRawSync } from 'node:zlib';
import { AppError } from '../errors.ts';

/** Real documents have some dozens of entries; the largest books and decks a few hundred. */
const maxEntries = 2_000;
/** Inflated bytes over all entries that are read: an office document of this size is not readable by people either. */
const maxInflatedBytes = 200 * 1024 * 1024;
/** Text never shrinks a hundredfold; below the floor an even sheet may, and does no harm. */
const maxRatio = 100;
const ratioFloorBytes = 10 * 1024 * 1024;

/** An archive in memory. Names are only keys: nothing is ever written under them. */
export interface Zip {
  names: string[];
  has(name: string): boolean;
  /**
   * The inflated bytes of an entry, null where there is none of that name.
   * @throws AppError `document_malformed`, `document_too_complex`
   */
  read(name: string): Uint8Array | null;
}

interface Entry {
  method: number;
  flags: number;
  compressedSize: number;
  size: number;
  headerOffset: number;
}

/** Reads the central directory. Real inflated bytes are counted as entries are read, since headers lie. */
export function openZip(bytes: Uint8Array): Zip {
  const entries = readDirectory(bytes);
  let budget = maxInflatedBytes;
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    read(name) {
      const entry = entries.get(name);
      if (!entry) return null;
      const inflated = inflate(bytes, entry, budget);
      budget -= inflated.length;
      return inflated;
    },
  };
}

/** The names of the entries, for sniffing; empty where the archive is damaged. */
export function zipNames(bytes: Uint8Array): string[] {
  try {
    return openZip(bytes).names;
  } catch {
    return [];
  }
}

function readDirectory(bytes: Uint8Array): Map<string, Entry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, start } = findDirectory(view);
  if (count > maxEntries) throw tooComplex(`holds ${count} parts, more than the ${maxEntries} that are read`);
  const entries = new Map<string, Entry>();
  let offset = start;
  for (let index = 0; index < count; index++) {
    if (offset + 46 > view.byteLength || view.getUint32(offset, true) !== 0x02014b50) throw damaged();
    const nameLength = view.getUint16(offset + 28, true);
    const extraLength = view.getUint16(offset + 30, true);
    const name = decodeName(bytes.subarray(offset + 46, offset + 46 + nameLength));
    const entry = {
      method: view.getUint16(offset + 10, true),
      flags: view.getUint16(offset + 8, true),
      compressedSize: view.getUint32(offset + 20, true),
      size: view.getUint32(offset + 24, true),
      headerOffset: view.getUint32(offset + 42, true),
    };
    readZip64(view, offset + 46 + nameLength, extraLength, entry);
    // A second entry of the same name would be a second truth about one document.
    if (!entries.has(name)) entries.set(name, entry);
    offset += 46 + nameLength + extraLength + view.getUint16(offset + 32, true);
  }
  return entries;
}

/** Finds the end record: it is the last thing in the file but for a comment of at most 64 KiB. */
function findDirectory(view: DataView): { count: number; start: number } {
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let offset = view.byteLength - 22; offset >= lowest; offset--) {
    if (view.getUint32(offset, true) !== 0x06054b50) continue;
    const count = view.getUint16(offset + 10, true);
    const start = view.getUint32(offset + 16, true);
    if (start !== 0xffffffff && count !== 0xffff) return { count, start };
    return findZip64Directory(view, offset) ?? { count, start };
  }
  throw damaged();
}

function findZip64Directory(view: DataView, endOffset: number): { count: number; start: number } | null {
  if (endOffset < 20 || view.getUint32(endOffset - 20, true) !== 0x07064b50) return null;
  const offset = Number(view.getBigUint64(endOffset - 12, true));
  if (offset + 56 > view.byteLength || view.getUint32(offset, true) !== 0x06064b50) throw damaged();
  return {
    count: Number(view.getBigUint64(offset + 32, true)),
    start: Number(view.getBigUint64(offset + 48, true)),
  };
}

function readZip64(view: DataView, start: number, length: number, entry: Entry): void {
  for (let offset = start; offset + 4 <= Math.min(start + length, view.byteLength);) {
    const id = view.getUint16(offset, true);
    const end = offset + 4 + view.getUint16(offset + 2, true);
    if (id === 1) {
      let at = offset + 4;
      for (const key of ['size', 'compressedSize', 'headerOffset'] as const) {
        if (entry[key] !== 0xffffffff || at + 8 > Math.min(end, view.byteLength)) continue;
        entry[key] = Number(view.getBigUint64(at, true));
        at += 8;
      }
    }
    offset = end;
  }
}

function inflate(bytes: Uint8Array, entry: Entry, budget: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { headerOffset, compressedSize } = entry;
  if (entry.flags & 1) {
    throw new AppError(
      'document_encrypted',
      'The document is protected by a password. Remove the password and upload it again.',
    );
  }
  if (headerOffset + 30 > bytes.length || view.getUint32(headerOffset, true) !== 0x04034b50) throw damaged();
  const start =
    headerOffset + 30 + view.getUint16(headerOffset + 26, true) + view.getUint16(headerOffset + 28, true);
  if (start + compressedSize > bytes.length) throw damaged();
  const packed = bytes.subarray(start, start + compressedSize);
  if (entry.method === 0) {
    if (packed.length > budget) throw tooComplex('unpacks to more than 200 MB');
    return packed;
  }
  if (entry.method !== 8) throw damaged();
  const limit = Math.min(budget, Math.max(ratioFloorBytes, packed.length * maxRatio));
  const inflated = inflateWithin(packed, limit);
  if (inflated.length !== entry.size) throw damaged();
  return inflated;
}

function inflateWithin(packed: Uint8Array, limit: number): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooComplex('unpacks to far more than its own size');
    throw damaged(error);
  }
}

function decodeName(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll('\\', '/');
}

function damaged(cause?: unknown): AppError {
  return new AppError(
    'document_malformed',
    'The document is damaged or was not uploaded completely. Open it in its own program, save it again and upload the new file.',
    { cause },
  );
}

function tooComplex(what: string): AppError {
  return new AppError(
    'document_too_complex',
    `The document ${what}. Split it or save it anew, and upload the result.`,
  );
}
