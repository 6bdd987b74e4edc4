import { DocumentBuilder } from './document-builder.ts';
import { type DecodedText, decodeText } from './encoding.ts';
import type { ExtractedDocument, ExtractionContext } from './format.ts';
import { emptyDocument } from './text-blocks.ts';

export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  return readTable(decodeText(bytes), context);
}

/** Cells beyond these are dropped: no spreadsheet program opens wider tables. */
const maxColumns = 16_384;

function readTable({ text, warnings }: DecodedText, context: ExtractionContext): ExtractedDocument {
  const builder = new DocumentBuilder(context);
  for (const warning of warnings) builder.warn(warning);
  const rows = parseRows(text, findDelimiter(text, context.mediaType));
  if (rows.some((row) => row.length > maxColumns)) {
    builder.warn(`Only the first ${maxColumns} columns were read.`);
    for (const row of rows) row.length = Math.min(row.length, maxColumns);
  }
  const header = rows[0] ?? [];
  const hasHeader =
    rows.length > 1 && header.length > 1 && header.every((cell) => !/^[\s$€£(-]*\d[\d.,%)\s]*$/.test(cell));
  builder.addTable({ rows, headerRows: hasHeader ? 1 : 0 });
  if (builder.isEmpty) throw emptyDocument();
  return builder.build(null);
}

/** RFC 4180, leniently: a quote that is never closed is an ordinary character. */
function parseRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let position = 0;
  const special = new RegExp(`[${delimiter === '|' ? '\\|' : delimiter}\\r\\n]`, 'g');
  while (position < text.length) {
    let cell = '';
    if (text[position] === '"') {
      const quoted = readQuoted(text, position);
      if (quoted) [cell, position] = [quoted.cell, quoted.end];
    }
    special.lastIndex = position;
    const end = special.exec(text)?.index ?? text.length;
    row.push(cell + text.slice(position, end));
    position = end + 1;
    if (text[end] === delimiter && end + 1 < text.length) continue;
    if (text[end] === '\r' && text[end + 1] === '\n') position++;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

function readQuoted(text: string, start: number): { cell: string; end: number } | null {
  const parts: string[] = [];
  let from = start + 1;
  for (let quote = text.indexOf('"', from); quote >= 0; quote = text.indexOf('"', from)) {
    parts.push(text.slice(from, quote));
    if (text[quote + 1] !== '"') return { cell: parts.join(''), end: quote + 1 };
    parts.push('"');
    from = quote + 2;
  }
  return null;
}

/** The separator that stands most evenly in the first lines. */
function findDelimiter(text: string, mediaType: string): string {
  if (mediaType === 'text/tab-separated-values') return '\t';
  const lines = text
    .slice(0, 20_000)
    .split(/\r\n|\n|\r/)
    .slice(0, 20)
    .filter((line) => line.trim() !== '');
  let best = ',';
  let bestScore = 0;
  for (const delimiter of [',', ';', '\t', '|']) {
    const counts = lines.map((line) => line.replace(/"[^"]*"/g, '').split(delimiter).length - 1);
    const least = Math.min(...counts);
    const score = least * 100 + counts.filter((count) => count > 0 && count === counts[0]).length;
    if ((counts[0] ?? 0) > 0 && score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}
