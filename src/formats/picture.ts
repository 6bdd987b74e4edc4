import { AppError } from '../errors.ts';
import { DocumentBuilder } from './document-builder.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { hasWords, writeRecognised } from './ocr/paragraphs.ts';

/** Holds no text of its own: what text recognition has read of it, page by page. */
export async function extract(_bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const { recognised } = context;
  if (recognised === undefined) {
    context.scanned([1]);
    throw new AppError(
      'document_needs_ocr',
      'A picture is read by text recognition (OCR), which is not installed here. Run it elsewhere and upload the result.',
    );
  }
  const builder = new DocumentBuilder(context);
  for (const [page, text] of recognised) {
    builder.page = page;
    if (hasWords(text)) writeRecognised(text, builder);
    context.progress(page, recognised.size);
  }
  if (builder.isEmpty)
    throw new AppError(
      'document_empty',
      'No text was recognised in the picture. Upload a sharper one, or the text itself.',
    );
  return builder.build(recognised.size);
}
