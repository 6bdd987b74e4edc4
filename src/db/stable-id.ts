import { createHash } from 'node:crypto';

/** A UUIDv7 that is the same for the same words and time: whoever does something once more finds what is there. */
export function stableId(words: readonly string[], at: Date | null): string {
  const hash = createHash('sha256').update(JSON.stringify(words)).digest();
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(at?.getTime() ?? 0, 0, 6);
  hash.copy(bytes, 6, 0, 10);
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x70;
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
