import { decodeText } from './encoding.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { keepText, splitCode } from './text-blocks.ts';

export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  return keepText(decodeText(bytes), context, splitCode);
}
