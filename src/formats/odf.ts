import { AppError } from '../errors.ts';
import { BlockFlow } from './block-flow.ts';
import { DocumentBuilder } from './document-builder.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { readOdfSheets } from './odf-sheets.ts';
import { tooManyPages } from './page-limit.ts';
import { writeSheet } from './sheet-tables.ts';
import { emptyDocument } from './text-blocks.ts';
import { attribute, readXml } from './xml.ts';
import { openZip, type Zip } from './zip.ts';

const prefix = 'application/vnd.oasis.opendocument';

/** Text has no pages; those of a presentation are its slides, those of a workbook its sheets. */
export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const zip = openZip(bytes);
  refuseEncrypted(zip);
  const content = zip.read('content.xml');
  if (!content)
    throw new AppError(
      'document_malformed',
      'The document has no content. Open it in its own program, save it again and upload the new file.',
    );
  const builder = new DocumentBuilder(context);
  builder.title = readTitle(zip);
  let pages: number | null = null;
  if (context.mediaType === `${prefix}.spreadsheet`) {
    const sheets = readOdfSheets(content, context);
    if (sheets.length > context.maxPages) throw tooManyPages('workbook', sheets.length, context.maxPages);
    for (const [index, sheet] of sheets.entries()) {
      builder.page = index + 1;
      writeSheet(sheet.name, sheet.rows, builder);
    }
    pages = sheets.length;
  } else {
    const slides = readContent(content, builder, context);
    if (context.mediaType === `${prefix}.presentation`) pages = slides;
  }
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(pages);
}

/** Elements whose text nobody sees. */
const skipped = new Set([
  'tracked-changes',
  'script',
  'forms',
  'sequence-decls',
  'note-citation',
  'page-number',
]);

function readContent(bytes: Uint8Array, builder: DocumentBuilder, context: ExtractionContext): number {
  const flow = new BlockFlow(builder);
  let slides = 0;
  let skipping = 0;
  let paragraphs = 0;
  let lists = 0;
  let itemOpen = false;
  let inNotes = false;
  let inTitle = false;
  let inHeader = false;
  readXml(bytes, {
    open(name, attributes) {
      if (skipping > 0 || skipped.has(name)) {
        skipping++;
        return;
      }
      if (name === 'page') {
        flow.end();
        builder.page = ++slides;
        if (slides > context.maxPages) throw tooManyPages('presentation', slides, context.maxPages);
        context.progress(slides, null);
      } else if (name === 'notes') inNotes = true;
      else if (name === 'frame') inTitle = attribute(attributes, 'class') === 'title';
      else if (name === 'h' || name === 'p') {
        const level =
          name === 'h' ? Number(attribute(attributes, 'outline-level') ?? 1) || 1 : inTitle ? 1 : null;
        if (level !== null && lists === 0) flow.block('heading', { level: Math.min(level, 9) });
        else if (lists > 0) flow.block('list_item', { prefix: itemOpen ? '- ' : '' });
        else flow.block('paragraph', { prefix: inNotes ? 'Notes: ' : '' });
        itemOpen = false;
        paragraphs++;
      } else if (name === 'list') lists++;
      else if (name === 'list-item') itemOpen = true;
      else if (name === 's')
        flow.text(' '.repeat(Math.min(100, Number(attribute(attributes, 'c') ?? 1) || 1)));
      else if (name === 'tab') flow.text(' ');
      else if (name === 'line-break') flow.text('\n');
      else if (name === 'note' || name === 'annotation' || name === 'text-box') flow.openFloat();
      else if (name === 'table') flow.openTable();
      else if (name === 'table-row') flow.openRow(inHeader);
      else if (name === 'table-header-rows') inHeader = true;
      else if (name === 'table-cell') {
        flow.openCell({
          columns: Number(attribute(attributes, 'number-columns-spanned') ?? 1),
          rows: Number(attribute(attributes, 'number-rows-spanned') ?? 1),
        });
      }
    },
    text(text) {
      // White space between elements is layout of the file, not of the document.
      if (skipping === 0 && paragraphs > 0) flow.text(text.replace(/\s+/g, ' '));
    },
    close(name) {
      if (skipping > 0) {
        skipping--;
        return;
      }
      if (name === 'h' || name === 'p') {
        paragraphs--;
        flow.block('paragraph');
      } else if (name === 'list') lists--;
      else if (name === 'notes') inNotes = false;
      else if (name === 'frame') inTitle = false;
      else if (name === 'table-header-rows') inHeader = false;
      else if (name === 'note' || name === 'annotation' || name === 'text-box') flow.closeFloat();
      else if (name === 'table-cell') flow.closeCell();
      else if (name === 'table') flow.closeTable();
    },
  });
  flow.end();
  return slides;
}

function readTitle(zip: Zip): string | null {
  const bytes = zip.read('meta.xml');
  let title = '';
  let inside = false;
  if (!bytes) return null;
  readXml(bytes, {
    open: (name) => (inside = name === 'title'),
    text: (text) => inside && (title += text),
    close: () => (inside = false),
  });
  return title;
}

function refuseEncrypted(zip: Zip): void {
  const manifest = zip.read('META-INF/manifest.xml');
  if (!manifest) return;
  readXml(manifest, {
    open(name) {
      if (name !== 'encryption-data') return;
      throw new AppError(
        'document_encrypted',
        'The document is protected by a password. Remove the password and upload it again.',
      );
    },
  });
}
