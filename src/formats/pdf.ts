import { AppError } from '../errors.ts';
import { DocumentBuilder, tooMuchText } from './document-builder.ts';
import type { ExtractedDocument, ExtractionContext, Format } from './format.ts';
import { writePages, type PdfPage } from './pdf-blocks.ts';
import { tooManyPages } from './page-limit.ts';
import { openPdf, toAppError, type PdfDocument } from './pdf-document.ts';
import type { TextLine } from './pdf-lines.ts';
import { readPage } from './pdf-page.ts';
import { emptyDocument } from './text-blocks.ts';

export const pdf: Format = {
  name: 'PDF',
  mediaTypes: ['application/pdf', 'application/x-pdf'],
  extensions: ['pdf'],
  extract,
};

async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const document = await openPdf(bytes);
  const count = document.numPages;
  if (count > context.maxPages) throw tooManyPages('PDF', count, context.maxPages);
  const builder = new DocumentBuilder(context);
  builder.title = await readTitle(document);
  const fields = await readFields(document);
  const pages: PdfPage[] = [];
  const unreadable: number[] = [];
  let characters = 0;
  for (let number = 1; number <= count; number++) {
    const page = await readPage(document, number).catch((error: unknown) => {
      if (error instanceof AppError) throw error;
      unreadable.push(number);
      return { lines: [], width: 0 };
    });
    const lines = [...page.lines, ...(fields.get(number) ?? [])];
    for (const line of lines) characters += line.cells.reduce((sum, cell) => sum + cell.length, 0);
    if (characters > context.maxCharacters) throw tooMuchText(context.maxCharacters);
    pages.push({ number, width: page.width, lines });
    context.progress(number, count);
  }
  writePages(pages, builder);
  if (builder.isEmpty && unreadable.length > 0) throw toAppError(null);
  if (builder.isEmpty) throw hasPictures(bytes) ? needsOcr() : emptyDocument();
  warnAboutPages(pages, unreadable, builder);
  return builder.build(count);
}

async function readTitle(document: PdfDocument): Promise<string | null> {
  const { info } = await document.getMetadata().catch(() => ({ info: {} }));
  const title: unknown = (info as Record<string, unknown>)['Title'];
  // Printers put the name of a file or of a program there.
  return typeof title === 'string' && !/\.\w{2,4}$|^(microsoft \w+ - |untitled|[\d-]+$)/i.test(title)
    ? title
    : null;
}

/** Values that were filled into a form are no part of the page's own text. */
async function readFields(document: PdfDocument): Promise<Map<number, TextLine[]>> {
  const lines = new Map<number, TextLine[]>();
  const fields = await document.getFieldObjects().catch(() => null);
  for (const [name, widgets] of Object.entries(fields ?? {})) {
    for (const widget of widgets as { type?: unknown; value?: unknown; page?: unknown }[]) {
      // Of check boxes and buttons only the state is known, which says nothing without their label.
      if (widget.type !== 'text' && widget.type !== 'combobox' && widget.type !== 'listbox') continue;
      if (typeof widget.value !== 'string' || widget.value.trim() === '' || typeof widget.page !== 'number')
        continue;
      const cells = [`${name}: ${widget.value}`];
      const line = { cells, left: 0, right: 0, baseline: Infinity, size: 10, font: null };
      lines.set(widget.page + 1, [...(lines.get(widget.page + 1) ?? []), line]);
    }
  }
  return lines;
}

function warnAboutPages(pages: PdfPage[], unreadable: number[], builder: DocumentBuilder): void {
  const damaged = new Set(unreadable);
  const blank = pages
    .filter((page) => page.lines.length === 0 && !damaged.has(page.number))
    .map((page) => page.number);
  if (blank.length > 0) builder.warn(`${listPages(blank)} without text: blank or only a picture.`);
  if (unreadable.length > 0) builder.warn(`${listPages(unreadable)} damaged and left out.`);
}

function listPages(numbers: number[]): string {
  const listed = numbers.slice(0, 10).join(', ') + (numbers.length > 10 ? ' and more' : '');
  return numbers.length === 1 ? `Page ${listed} is` : `Pages ${listed} are`;
}

/** A picture is an object of the file itself, whose name neither compression nor encryption hides. */
function hasPictures(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return ['/Subtype/Image', '/Subtype /Image'].some((name) => file.includes(name, 0, 'latin1'));
}

function needsOcr(): AppError {
  return new AppError(
    'document_needs_ocr',
    'The PDF holds pictures of pages but no text. Run text recognition (OCR) on it and upload the result.',
  );
}
