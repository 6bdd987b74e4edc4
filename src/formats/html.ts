import { DocumentBuilder } from './document-builder.ts';
import { decodeText } from './encoding.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { readHtml } from './html-reader.ts';
import { emptyDocument } from './text-blocks.ts';

export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const builder = new DocumentBuilder(context);
  readHtml(decodeHtml(bytes), builder);
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(null);
}

/** Decodes a page by its mark, its bytes, or the encoding that it declares in its first kilobytes. */
export function decodeHtml(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  const declared =
    /<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]+)/i.exec(head) ??
    /<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w-]+)/i.exec(head);
  return decodeText(bytes, declared?.[1]).text;
}
