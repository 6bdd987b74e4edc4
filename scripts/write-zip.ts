import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  name: string;
  text: string;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
// 1 January 1980, the earliest date of the format: the same input gives the same bytes.
const NO_DATE = 0x0021;

/** A ZIP archive (PKWARE APPNOTE 6.3, deflate, names in UTF-8) of the entries in their order. */
export function writeZip(entries: ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;

  for (const { name, text } of entries) {
    const path = Buffer.from(name);
    const plain = Buffer.from(text);
    const packed = deflateRawSync(plain);
    const common = describe(plain, packed, path.length);

    const local = Buffer.concat([uint32(LOCAL_HEADER), common, path, packed]);
    // Between the shared fields and the name: comment length, disk, internal and external attributes, offset.
    const central = [uint32(CENTRAL_HEADER), uint16(20), common, uint16(0, 0, 0), uint32(0, offset), path];
    files.push(local);
    directory.push(...central);
    offset += local.length;
  }

  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = [
    uint32(END_OF_DIRECTORY),
    uint16(0, 0, entries.length, entries.length),
    uint32(size, offset),
    uint16(0),
  ];
  return Buffer.concat([...files, ...directory, ...end]);
}

/** The fields that both headers share: version, flags (bit 11: UTF-8), method 8, time, date, checksum, sizes. */
function describe(plain: Buffer, packed: Buffer, nameLength: number): Buffer {
  return Buffer.concat([
    uint16(20, 0x0800, 8, 0, NO_DATE),
    uint32(crc32(plain), packed.length, plain.length),
    uint16(nameLength, 0),
  ]);
}

function uint16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, index * 2);
  return bytes;
}

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
  return bytes;
}
