import { gunzipSync, gzipSync } from 'node:zlib';
import type { Block } from './format.ts';

/** Three times what ten million characters of prose have; whoever asks for the text is sent them all. */
const maxBlocks = 100_000;
/** A block is at most some 200 bytes. */
const maxOutputLength = 32 * 1024 * 1024;

/** The blocks of a document as they are stored; null when there are too many to be of use. */
export function packBlocks(blocks: readonly Block[]): Uint8Array | null {
  return blocks.length > maxBlocks ? null : gzipSync(JSON.stringify(blocks));
}

/** @throws Error for bytes that are not whole: gzip has a checksum */
export function unpackBlocks(bytes: Uint8Array): Block[] {
  return JSON.parse(gunzipSync(bytes, { maxOutputLength }).toString()) as Block[];
}
