import { open } from 'node:fs/promises';
import { sniff, sniffBytes } from './sniff.ts';
import { zipNames } from './zip.ts';

/**
 * What the file at `path` is, judged by its bytes, with the directory of a zip archive taken into account.
 * @returns the media type, or null for what is not a supported document
 */
export async function sniffFile(path: string, fileName: string): Promise<string | null> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffBytes), 0, sniffBytes, 0);
    const head = buffer.subarray(0, bytesRead);
    const isZip = head.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'));
    return sniff(head, fileName, isZip ? zipNames(await file.readFile()) : undefined);
  } finally {
    await file.close();
  }
}
