import { AppError } from '../errors.ts';
import { DocumentBuilder, tooMuchText } from './document-builder.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { writePages, type PdfPage } from './pdf-blocks.ts';
import { tooManyPages } from './page-limit.ts';
import { openPdf, toAppError, type PdfDocument } from './pdf-document.ts';
import type { TextLine } from './pdf-lines.ts';
import { hasWords } from './ocr/paragraphs.ts';
import { readPage } from './pdf-page.ts';
import { emptyDocument } from './text-blocks.ts';

export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
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
    const recognised = lines.length === 0 ? context.recognised?.get(number) : undefined;
    pages.push({ number, width: page.width, lines, recognised });
    context.progress(number, count);
  }
  writePages(pages, builder);
  const blank = withoutText(pages, unreadable);
  const isScan = blank.length > 0 && hasPictures(bytes);
  if (isScan && context.recognised === undefined) context.scanned(blank);
  if (builder.isEmpty && unreadable.length > 0) throw toAppError(null);
  if (builder.isEmpty) throw isScan ? needsOcr(context) : emptyDocument();
  warnAboutPages(blank, unreadable, builder);
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

/** Pages on which there is neither a line nor a recognised word. */
function withoutText(pages: PdfPage[], unreadable: number[]): number[] {
  const damaged = new Set(unreadable);
  return pages
    .filter(({ lines, number, recognised }) => {
      const isRecognised = recognised !== undefined && hasWords(recognised);
      return lines.length === 0 && !isRecognised && !damaged.has(number);
    })
    .map(({ number }) => number);
}

function warnAboutPages(blank: number[], unreadable: number[], builder: DocumentBuilder): void {
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

function needsOcr({ recognised }: ExtractionContext): AppError {
  if (recognised !== undefined)
    return new AppError(
      'document_empty',
      'The PDF holds pictures of pages, and no text was recognised in them. Upload a sharper scan, or the text itself.',
    );
  return new AppError(
    'document_needs_ocr',
    'The PDF holds pictures of pages but no text. Run text recognition (OCR) on it and upload the result.',
  );
}
