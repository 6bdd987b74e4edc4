import type { ExtractedDocument } from '../../src/formats/format.ts';
import { formatOf } from '../../src/formats/registry.ts';
import { sniff, sniffBytes } from '../../src/formats/sniff.ts';
import { zipNames } from '../../src/formats/zip.ts';

/** Sniffs and extracts in this process: for documents that are known to be harmless. */
export async function read(bytes: Uint8Array, fileName: string): Promise<ExtractedDocument> {
  const mediaType = sniffBuffer(bytes, fileName);
  const format = mediaType === null ? undefined : formatOf(mediaType);
  if (!format || mediaType === null) throw new Error(`${fileName} is not supported`);
  const context = {
    fileName,
    mediaType,
    maxCharacters: 10_000_000,
    maxPages: 5_000,
    progress: () => {},
    scanned: () => {},
  };
  const { extract } = await format.load();
  return await extract(bytes, context);
}

export function sniffBuffer(bytes: Uint8Array, fileName: string): string | null {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return sniff(bytes.subarray(0, sniffBytes), fileName, isZip ? zipNames(bytes) : undefined);
}

/** Each block as `kind: text`, with its page and level where it has them. */
export function outline({ text, blocks }: ExtractedDocument): string[] {
  return blocks.map(({ kind, page, level, start, end }) => {
    const where = `${page === null ? '' : `${page} `}${kind}${level ?? ''}`;
    return `${where}: ${text.slice(start, end)}`;
  });
}
