import { AppError } from '../errors.ts';
import { DocumentBuilder } from './document-builder.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { readTitle } from './ooxml-parts.ts';
import { openOoxml, type OoxmlPackage } from './ooxml.ts';
import { tooManyPages } from './page-limit.ts';
import { writeSheet } from './sheet-tables.ts';
import { emptyDocument } from './text-blocks.ts';
import { readSheetComments } from './xlsx-comments.ts';
import { readSheet } from './xlsx-sheet.ts';
import { readNumberKinds, readSharedStrings } from './xlsx-values.ts';
import { attribute, prefixedAttribute, readXml } from './xml.ts';

/** Cached values of all sheets, hidden ones too; a page is a sheet. Formulas are neither shown nor run. */
export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const parts = openOoxml(bytes);
  const builder = new DocumentBuilder(context);
  builder.title = readTitle(parts);
  const { sheets, since1904 } = readWorkbook(parts);
  if (sheets.length > context.maxPages) throw tooManyPages('workbook', sheets.length, context.maxPages);
  const related = parts.relationshipsOf(parts.main);
  const part = (type: string) =>
    parts.find(related.find((relationship) => relationship.type === type)?.target ?? '');
  const workbook = {
    // Some writers forget to refer to the part.
    strings: readSharedStrings(part('sharedStrings') ?? parts.find('xl/sharedStrings.xml')),
    kinds: readNumberKinds(part('styles')),
    since1904,
    maxCharacters: context.maxCharacters,
    progress: () => context.progress(builder.page ?? 0, sheets.length),
  };
  for (const [index, { name, target }] of sheets.entries()) {
    builder.page = index + 1;
    const sheet = parts.find(target);
    if (sheet) writeSheet(name, readSheet(sheet, workbook), builder);
    else builder.warn(`Sheet ${index + 1} is missing in the file.`);
    for (const comment of readSheetComments(parts, target)) builder.add('paragraph', comment);
    context.progress(index + 1, sheets.length);
  }
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(sheets.length);
}

function readWorkbook(parts: OoxmlPackage): {
  sheets: { name: string; target: string }[];
  since1904: boolean;
} {
  const targets = new Map(parts.relationshipsOf(parts.main).map(({ id, target }) => [id, target]));
  const sheets: { name: string; target: string }[] = [];
  let since1904 = false;
  readXml(parts.read(parts.main), {
    open(name, attributes) {
      if (name === 'workbookPr') since1904 = /^(1|true)$/.test(attribute(attributes, 'date1904') ?? '');
      const target = name === 'sheet' ? targets.get(prefixedAttribute(attributes, 'id') ?? '') : undefined;
      if (target !== undefined) sheets.push({ name: attribute(attributes, 'name') ?? '', target });
    },
  });
  if (sheets.length > 0) return { sheets, since1904 };
  throw new AppError(
    'document_malformed',
    'The workbook has no sheets. Open it in Excel, save it again and upload the new file.',
  );
}
