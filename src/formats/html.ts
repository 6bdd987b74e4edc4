import { DocumentBuilder } from './document-builder.ts';
import { type DecodedText, decodeText } from './encoding.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { readHtml } from './html-reader.ts';
import { emptyDocument } from './text-blocks.ts';

export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const builder = new DocumentBuilder(context);
  const { text, warnings } = decodeHtml(bytes);
  for (const warning of warnings) builder.warn(warning);
  readHtml(text, builder);
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(null);
}

/** Decodes a page by its mark, its bytes, or the encoding that it declares in its first kilobytes. */
export function decodeHtml(bytes: Uint8Array): DecodedText {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  const declared =
    /<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]+)/i.exec(head) ??
    /<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w-]+)/i.exec(head);
  return decodeText(bytes, declared?.[1]);
}
