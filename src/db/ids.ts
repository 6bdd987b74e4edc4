import { randomFillSync } from 'node:crypto';

let lastMs = 0;
let counter = 0;

/** Random bytes for the next ids: asking for a few at a time costs more than all the rest. */
const random = Buffer.allocUnsafe(4096);
const randomPerId = 8;
let used = random.length;

/** No user's id, and before the ids of all. */
export const nobody = '00000000-0000-0000-0000-000000000000';

/**
 * A UUIDv7 (RFC 9562): 48 bits of milliseconds, then a 12-bit counter within the millisecond, so that ids of one
 * process sort in the order they were made, then 62 random bits.
 */
export function newId(nowMs: number = Date.now()): string {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = 0;
  } else if (counter === 0xfff) {
    lastMs += 1;
    counter = 0;
  } else {
    counter += 1;
  }
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const bytes = Buffer.allocUnsafe(16);
  random.copy(bytes, 8, used, used + randomPerId);
  used += randomPerId;
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
