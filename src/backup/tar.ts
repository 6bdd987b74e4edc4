import { createHash } from 'node:crypto';
import { BackupError } from './backup-error.ts';

// POSIX tar (IEEE 1003.1, pax): each entry has a header of its own with its SHA-256 before it, so that every tar can
// list the file and this one can say which entry is damaged.
const block = 512;
const hashRecord = 'ALCOVE.sha256';
/** The most that the size field of a plain header holds. */
const maxEntryBytes = 8 * 1024 ** 3 - 1;

export interface TarEntry {
  name: string;
  size: number;
  /** Hex. */
  sha256: string;
  /** Must be read to its end before the next entry; throws there when its hash is not the one that was promised. */
  content: AsyncGenerator<Buffer>;
}

/** The headers of an entry; its bytes follow, then `padding`. */
export function entryHead(name: string, size: number, sha256: string): Buffer {
  const record = recordOf(`${hashRecord}=${sha256}\n`);
  return Buffer.concat([
    header('pax', record.length, 'x'),
    record,
    padding(record.length),
    header(name, size, '0'),
  ]);
}

export function padding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block);
}

export const archiveEnd = Buffer.alloc(2 * block);

/** The entries in order. @throws BackupError where the bytes are no such archive, or end early */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = createReader(source);
  let sha256 = '';
  for (;;) {
    const head = await reader.take(block);
    if (head.every((byte) => byte === 0)) return;
    const name = textOf(head.subarray(0, 100));
    const size = Number.parseInt(textOf(head.subarray(124, 136)).trim(), 8);
    if (
      textOf(head.subarray(257, 262)) !== 'ustar' ||
      checksum(head) !== Number.parseInt(textOf(head.subarray(148, 156)), 8)
    )
      throw new BackupError('The file is no backup of Alcove, or it is damaged.');
    if (head[156] === 'x'.charCodeAt(0)) {
      const record = await reader.take(size + padding(size).length);
      sha256 = new RegExp(`${hashRecord}=([0-9a-f]{64})\n`).exec(record.toString())?.[1] ?? '';
      continue;
    }
    const content = checked(reader.stream(size), name, sha256);
    yield { name, size, sha256, content };
    await reader.take(padding(size).length);
  }
}

async function* checked(bytes: AsyncIterable<Buffer>, name: string, sha256: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== sha256) throw new BackupError(`The backup is damaged at ${name}.`);
}

function createReader(source: AsyncIterable<Uint8Array>) {
  const pieces = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  async function more(): Promise<void> {
    const { value, done } = await pieces.next();
    if (done === true) throw new BackupError('The backup ends in the middle: it was cut off.');
    rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  async function* stream(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0;) {
      while (rest.length === 0) await more();
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
  return {
    stream,
    async take(size: number): Promise<Buffer> {
      const taken: Buffer[] = [];
      for await (const piece of stream(size)) taken.push(piece);
      return Buffer.concat(taken);
    },
  };
}

/** A pax record begins with its own length. */
function recordOf(text: string): Buffer {
  const bytes = Buffer.byteLength(text) + 1;
  let length = bytes + String(bytes).length;
  length = bytes + String(length).length;
  return Buffer.from(`${length} ${text}`);
}

function header(name: string, size: number, type: '0' | 'x'): Buffer {
  if (size > maxEntryBytes) throw new BackupError(`${name} is too large for a backup.`);
  const head = Buffer.alloc(block);
  head.write(name, 0, 100);
  head.write('0000600\0', 100);
  head.write('0000000\0'.repeat(2), 108);
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  head.write(`${'0'.repeat(11)}\0`, 136);
  head.write(type, 156);
  head.write('ustar\x0000', 257);
  head.write(`${checksum(head).toString(8).padStart(6, '0')}\0 `, 148);
  return head;
}

/** The sum of the header's bytes, its own field counted as blanks. */
function checksum(head: Buffer): number {
  let sum = 0;
  for (const [at, byte] of head.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  return sum;
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end === -1 ? field.length : end);
}
