import { fontOf, type PdfFonts } from './pdf-fonts.ts';
import type { Run, Table } from './read-markdown.ts';

type Pdf = PDFKit.PDFDocument;

/** Points, all of them. */
interface Place {
  size: number;
  /** Below each line of the text. */
  gap: number;
  /** From the margin. */
  left?: number;
}

/** One call lays out one paragraph: longer ones would hold up everybody else. */
const paragraphCharacters = 4_000;
const cellPadding = 3;
/** A table with more of them is written row by row as lines. */
const mostColumns = 8;
/** A row with a longer cell, or with one of several fonts, too. */
const maxCellCharacters = 1_000;

/** Writes onto the pages of a document. Each step of what it returns is short. */
export function openPdfPage(pdf: Pdf, fonts: PdfFonts) {
  const margin = pdf.page.margins.left;
  const fullWidth = pdf.page.width - margin - pdf.page.margins.right;
  const bottom = (): number => pdf.page.height - pdf.page.margins.bottom;

  function* write(runs: readonly Run[], { size, gap, left = 0 }: Place): Generator<void> {
    for (const line of linesOf(runs, fonts)) {
      pdf.x = margin + left;
      const isMixed = line.some(({ font, ...run }) => font !== fontOf(run));
      for (const [at, { text, font, struck = false, raised = false }] of line.entries()) {
        const points = raised ? size * 0.7 : size;
        const baseline = isMixed ? { baseline: fonts.baseline(points) } : {};
        const continued = at < line.length - 1;
        pdf.font(font).fontSize(points);
        pdf.text(text, {
          paragraphGap: gap,
          width: fullWidth - left,
          strike: struck,
          continued,
          ...baseline,
        });
      }
      yield;
    }
    pdf.x = margin;
  }

  /** Of a list: what follows is written beside it. */
  function* mark(text: string, size: number, left: number): Generator<void> {
    pdf.font('plain').fontSize(size);
    if (pdf.y + pdf.currentLineHeight(true) > bottom()) pdf.addPage();
    const y = pdf.y;
    pdf.text(text, margin + left, y, { lineBreak: false });
    [pdf.x, pdf.y] = [margin, y];
    yield;
  }

  function* table({ header, rows }: Table, { size, left }: Omit<Place, 'gap'> & { left: number }) {
    const cells = [header, ...rows].map((row) => row.map(wordsOf));
    const [names = [], ...values] = cells;
    if (names.length > mostColumns) {
      const lines = values.length === 0 ? [names.join(' · ')] : values.map((row) => asLine(names, row));
      for (const text of lines) yield* write([{ text }], { size, gap: 3, left });
      return;
    }
    const widths = widthsOf(cells, fullWidth - left);
    for (const [at, row] of cells.entries()) {
      const style = { bold: at === 0 };
      const own = row.map((text) => (text.length > maxCellCharacters ? null : fonts.fontFor(text, style)));
      if (own.includes(null)) {
        yield* write([{ text: at === 0 ? row.join(' · ') : asLine(names, row) }], { size, gap: 3, left });
        continue;
      }
      const heights = row.map((text, column) =>
        pdf
          .font(own[column] ?? 'plain')
          .fontSize(size)
          .heightOfString(text, { width: (widths[column] ?? 0) - 2 * cellPadding }),
      );
      const height = Math.max(0, ...heights) + 2 * cellPadding;
      // A row is on one page: one that is higher is written as lines.
      if (height > (bottom() - pdf.page.margins.top) / 2) {
        yield* write([{ text: asLine(names, row) }], { size, gap: 3, left });
        continue;
      }
      if (pdf.y + height > bottom()) pdf.addPage();
      const y = pdf.y;
      let x = margin + left;
      for (const [column, text] of row.entries()) {
        const width = widths[column] ?? 0;
        pdf.font(own[column] ?? 'plain').fontSize(size);
        pdf.text(text, x + cellPadding, y + cellPadding, { width: width - 2 * cellPadding });
        pdf.rect(x, y, width, height).lineWidth(0.4).strokeOpacity(0.4).stroke();
        x += width;
      }
      [pdf.x, pdf.y] = [margin, y + height];
      yield;
    }
    pdf.moveDown(0.5);
  }

  function rule(): void {
    pdf
      .moveTo(margin, pdf.y)
      .lineTo(margin + fullWidth, pdf.y)
      .lineWidth(0.4)
      .strokeOpacity(0.4)
      .stroke();
    pdf.moveDown(0.5);
  }

  return { write, mark, table, rule, space: () => void pdf.moveDown() };
}

export type PdfPage = ReturnType<typeof openPdfPage>;

interface StyledPiece extends Run {
  font: string;
}

/** Line by line, each part by a font that has its letters, and no more than one call may lay out. */
function* linesOf(runs: readonly Run[], fonts: PdfFonts): Generator<StyledPiece[]> {
  let line: StyledPiece[] = [];
  let characters = 0;
  for (const run of runs) {
    for (const [at, text] of printable(run.text).split('\n').entries()) {
      if (at > 0) {
        yield line.length > 0 ? line : [{ text: '', font: 'plain' }];
        [line, characters] = [[], 0];
      }
      for (const chunk of chunksOf(text)) {
        for (const { text: whole, font } of fonts.piecesOf(chunk, run)) {
          for (const part of chunksOf(whole)) {
            if (characters + part.length > paragraphCharacters && line.length > 0) {
              yield line;
              [line, characters] = [[], 0];
            }
            line.push({ ...run, text: part, font });
            characters += part.length;
          }
        }
      }
    }
  }
  if (line.length > 0) yield line;
}

/** What one call may lay out at a time. A letter of two halves is cut nowhere. */
function* chunksOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const isCut = (text.codePointAt(from + paragraphCharacters - 1) ?? 0) > 0xffff;
    const chunk = text.slice(from, from + paragraphCharacters + (isCut ? 1 : 0));
    yield chunk.toWellFormed();
    from += chunk.length;
  }
}

/** Fonts have no control characters. */
function printable(text: string): string {
  return text.replaceAll('\t', '    ').replaceAll(/[^\P{Cc}\n]/gu, '');
}

function wordsOf(cell: readonly Run[]): string {
  return printable(cell.map(({ text }) => text).join('')).toWellFormed();
}

function asLine(names: readonly string[], row: readonly string[]): string {
  return row.map((text, at) => [names[at], text].filter(Boolean).join(': ')).join(' · ');
}

/** By the longest words of each column, so that none takes all the room. */
function widthsOf(rows: readonly (readonly string[])[], width: number): number[] {
  const columns = rows[0]?.length ?? 0;
  const weights = Array.from({ length: columns }, (_, column) =>
    rows.reduce((most, row) => Math.max(most, Math.min(40, (row[column] ?? '').length)), 6),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (width * weight) / total);
}
