import type { DocumentBuilder } from './document-builder.ts';
import { writeRecognised } from './ocr/paragraphs.ts';
import type { TextLine } from './pdf-lines.ts';

/** The look of ordinary text: of the document, and of the page, since some producers embed fonts page by page. */
interface BodyStyle {
  size: number;
  fonts: Set<string>;
}

export interface PdfPage {
  number: number;
  width: number;
  lines: TextLine[];
  /** Of a page without lines: what text recognition has read. */
  recognised?: string | undefined;
}

/** Writes the lines of every page as headings, paragraphs, list items, tables and furniture. */
export function writePages(pages: PdfPage[], builder: DocumentBuilder): void {
  const { size, font } = commonStyle(pages.flatMap((page) => page.lines));
  const words = wordsOf(pages);
  const furniture = findFurniture(pages);
  const seen = new Set<string>();
  for (const page of pages) {
    builder.page = page.number;
    if (page.recognised !== undefined) writeRecognised(page.recognised, builder);
    const edges = new Set(edgeLines(page.lines));
    const isRunning = (line: TextLine) => {
      const key = furnitureKey(line);
      if (!edges.has(line) || !furniture.has(key)) return false;
      if (seen.has(key) || isPageNumber(key)) return true;
      seen.add(key);
      return false;
    };
    const local = commonStyle(page.lines);
    const body = { size: page.lines.length < 10 ? size : local.size, fonts: new Set([font, local.font]) };
    writeLines(page, { body, words, isRunning }, builder);
  }
}

/** What is known of the whole document when a page is written. */
interface Manuscript {
  body: BodyStyle;
  words: Set<string>;
  isRunning(line: TextLine): boolean;
}

function writeLines(page: PdfPage, manuscript: Manuscript, builder: DocumentBuilder): void {
  const { lines } = page;
  const { isRunning } = manuscript;
  for (let index = 0; index < lines.length;) {
    const line = lines[index] as TextLine;
    const tableEnd = isRunning(line) ? index : findTableEnd(lines, index, page.width);
    if (isRunning(line)) {
      builder.add('other', lineText(line));
      index++;
    } else if (tableEnd > index) {
      const rows = lines.slice(index, tableEnd).map((row) => row.cells);
      builder.addTable({ rows, headerRows: countHeaderRows(rows) });
      index = tableEnd;
    } else {
      index = writeProse(page, index, manuscript, builder);
    }
  }
}

/** Writes the heading, list item or paragraph that begins at `index`; returns where the next begins. */
function writeProse(page: PdfPage, index: number, manuscript: Manuscript, builder: DocumentBuilder): number {
  const first = page.lines[index] as TextLine;
  const { body } = manuscript;
  const level = headingLevel(first, body, page.lines[index - 1], page.lines[index + 1]);
  const heading = level === null ? null : gather(page, index, manuscript, (line) => sameLook(first, line));
  // A long stretch of bold type is emphasis, not a heading.
  if (heading && heading.end - index <= 3 && heading.text.length <= 200) {
    builder.add('heading', heading.text, level as number);
    return heading.end;
  }
  const { text, end } = gather(page, index, manuscript, (line, before, after) =>
    heading && sameLook(first, line) ? true : headingLevel(line, body, before, after) === null,
  );
  builder.add(listMark.test(text) ? 'list_item' : 'paragraph', text);
  return end;
}

/** Joins the lines from `index` on that flow into each other and that `accepts` takes. */
function gather(
  page: PdfPage,
  index: number,
  { words, isRunning }: Manuscript,
  accepts: (line: TextLine, before: TextLine, after?: TextLine) => boolean,
): { text: string; end: number } {
  const { lines, width } = page;
  let text = lineText(lines[index] as TextLine);
  let end = index + 1;
  for (; end < lines.length; end++) {
    const line = lines[end] as TextLine;
    const previous = lines[end - 1] as TextLine;
    if (isRunning(line) || !flowsInto(previous, line, width) || findTableEnd(lines, end, width) > end) break;
    if (!accepts(line, previous, lines[end + 1])) break;
    text = joinWrapped(text, lineText(line), words);
  }
  return { text, end };
}

const listMark = /^([•●▪◦‣·∙○■□–—-]|\(?([a-z]|[ivx]{1,4}|\d{1,2})[.)])\s/;

/** Lines of a table are rows with at least two cells; between them, a wrapped label may have one. */
function findTableEnd(lines: TextLine[], start: number, pageWidth: number): number {
  if (!isRow(lines[start])) {
    const next = namesColumns(lines, start, pageWidth) ? findTableEnd(lines, start + 1, pageWidth) : start;
    return next > start + 1 ? next : start;
  }
  let end = start;
  let rows = 0;
  for (let index = start; index < lines.length && index - end <= 2; index++) {
    const line = lines[index] as TextLine;
    if (isRow(line)) {
      end = index + 1;
      rows++;
    } else if (line.right - line.left > 0.6 * pageWidth || verticalGap(lines[index - 1], line) > 3) {
      break;
    }
  }
  return rows >= 2 ? end : start;
}

/** A short line over the columns to the right, such as `Year ended December 31,`. */
function namesColumns(lines: TextLine[], index: number, pageWidth: number): boolean {
  const line = lines[index] as TextLine;
  const next = lines[index + 1];
  if (!next || line.right - line.left > 0.5 * pageWidth || verticalGap(line, next) > 2) return false;
  return (
    (isRow(next) || namesColumns(lines, index + 1, pageWidth)) && line.left > next.left + 0.2 * pageWidth
  );
}

function isRow(line: TextLine | undefined): boolean {
  if (!line || line.cells.length < 2) return false;
  return !(line.cells.length === 2 && isListMark(line.cells[0] as string));
}

function isListMark(cell: string): boolean {
  return cell.length <= 4 && (listMark.test(`${cell} `) || /^[\p{S}\p{P}\p{Co}]$/u.test(cell));
}

/** Rows before the first that holds a figure; years, dates and units name columns. */
function countHeaderRows(rows: string[][]): number {
  const first = rows.findIndex((cells) => cells.some((cell, index) => index > 0 && isFigure(cell)));
  return first > 0 && first <= 5 ? first : 0;
}

function isFigure(cell: string): boolean {
  return /^[($€£¥]*\s*-?[.,]*\d[\d.,]*\s*[)%]*$/.test(cell) && !/^(19|20)\d\d$/.test(cell);
}

/**
 * A heading is larger than the body, or a short line of its own in another font, or begins with a
 * word that numbers the parts of a document. Bold type shows as another font: its name is not known.
 */
function headingLevel(line: TextLine, body: BodyStyle, before?: TextLine, after?: TextLine): number | null {
  const text = lineText(line);
  if (line.cells.length > 2 || text.length > 140 || !/\p{L}{2}/u.test(text) || /[,;]$/.test(text))
    return null;
  const digits = text.match(/\d/g)?.length ?? 0;
  if (digits * 2 > text.length) return null;
  if (line.size >= 1.6 * body.size) return 1;
  if (line.size >= 1.15 * body.size) return 2;
  if (line.size < 0.9 * body.size || text.length > 100) return null;
  if (
    /^(part|item|chapter|section|article|appendix|annex) +[\dIVX]+[A-Z]?\b/i.test(text) &&
    line.font !== null &&
    !body.fonts.has(line.font)
  )
    return 2;
  if (/[.]$/.test(text)) return null;
  const ownLine = verticalGap(before, line) > 1.25 || verticalGap(line, after) > 1.25;
  if (!ownLine || line.font === null || body.fonts.has(line.font)) return null;
  return text === text.toUpperCase() ? 3 : 4;
}

/** Whether a line continues the paragraph of the one before. */
function flowsInto(previous: TextLine, line: TextLine, pageWidth: number): boolean {
  if (line.baseline < previous.baseline || verticalGap(previous, line) > 1.75) return false;
  if (Math.abs(line.size - previous.size) > 0.15 * previous.size) return false;
  const text = lineText(line);
  if (listMark.test(text) || isListMark(line.cells[0] ?? '')) return false;
  if (
    line.left > previous.left + 2.5 * line.size &&
    line.cells.length === 1 &&
    !listMark.test(lineText(previous))
  )
    return false;
  const short = previous.right < line.right - 0.12 * pageWidth;
  return !(short && /[.!?:;]$/.test(lineText(previous)));
}

/** Distance of two baselines in units of the larger font; infinite across a column or a page edge. */
function verticalGap(upper: TextLine | undefined, lower: TextLine | undefined): number {
  if (!upper || !lower || lower.baseline < upper.baseline) return Infinity;
  return (lower.baseline - upper.baseline) / Math.max(upper.size, lower.size, 1);
}

function sameLook(first: TextLine, line: TextLine): boolean {
  return Math.abs(first.size - line.size) < 0.5 && first.font === line.font;
}

/** A hyphen at the end of a line goes where the document knows the whole word elsewhere. */
function joinWrapped(text: string, next: string, words: Set<string>): string {
  const half = /(?<=(\p{L}+))[-\u2010\u00ad]$/u.exec(text.slice(-40))?.[1];
  const rest = /^\p{Ll}+/u.exec(next)?.[0];
  if (half !== undefined && rest !== undefined) {
    const isSplit = text.endsWith('\u00ad') || words.has((half + rest).toLowerCase());
    return isSplit ? text.slice(0, -1) + next : text + next;
  }
  const tight = /[\u3000-\u9fff\uff00-\uffef]$/.test(text) && /^[\u3000-\u9fff\uff00-\uffef]/.test(next);
  return tight ? text + next : `${text} ${next}`;
}

function wordsOf(pages: PdfPage[]): Set<string> {
  const words = new Set<string>();
  const cells = pages.flatMap((page) => page.lines.flatMap((line) => line.cells));
  if (!cells.some((cell) => /[-\u2010]$/.test(cell))) return words;
  for (const cell of cells)
    for (const word of cell.toLowerCase().match(/\p{L}{4,}(?!-$)/gu) ?? []) words.add(word);
  return words;
}

function lineText(line: TextLine): string {
  return line.cells.join(line.cells.length === 2 && isListMark(line.cells[0] as string) ? ' ' : '\t');
}

/** The size and font in which most characters are set. */
function commonStyle(lines: TextLine[]): { size: number; font: string } {
  const weights = new Map<string, { size: number; font: string; count: number }>();
  for (const line of lines) {
    const size = Math.round(line.size * 2) / 2;
    const key = `${size} ${line.font}`;
    const entry = weights.get(key) ?? { size, font: line.font ?? '', count: 0 };
    entry.count += line.cells.reduce((sum, cell) => sum + cell.length, 0);
    weights.set(key, entry);
  }
  const top = [...weights.values()].toSorted((a, b) => b.count - a.count)[0];
  return { size: top?.size ?? 10, font: top?.font ?? '' };
}

/** Short lines at the top and bottom that repeat on at least three pages and on a fifth of all. */
function findFurniture(pages: PdfPage[]): Set<string> {
  const counts = new Map<string, number>();
  for (const page of pages) {
    const keys = new Set(edgeLines(page.lines).map(furnitureKey));
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const least = Math.max(3, pages.length / 5);
  return new Set([...counts].filter(([, count]) => count >= least).map(([key]) => key));
}

/** The two uppermost and the two lowest lines, of pages that have more than these. */
function edgeLines(lines: TextLine[]): TextLine[] {
  if (lines.length < 8) return [];
  const byHeight = lines.toSorted((a, b) => a.baseline - b.baseline);
  return [...byHeight.slice(0, 2), ...byHeight.slice(-2)].filter((line) => lineText(line).length < 80);
}

function furnitureKey(line: TextLine): string {
  return line.cells.join(' ').replace(/\d+/g, '#').toLowerCase();
}

/** A number alone, `page 3`, `p. 3` or `3 of 9`; split at the words, because one pattern for all would be quadratic. */
function isPageNumber(key: string): boolean {
  const parts = key.split(/(\p{L}+)/u);
  const [before = '', first, middle = ''] = parts;
  if (first === 'page' || (first === 'p' && middle.startsWith('.'))) return isCount(parts.slice(2));
  return isCount([before, ...parts.slice(1)]);
}

/** `#` or `# of #`, split at the words. */
function isCount([number = '', word, total = '', ...more]: string[]): boolean {
  if (!number.includes('#')) return false;
  return word === undefined || (word === 'of' && total.includes('#') && more.length === 0);
}
