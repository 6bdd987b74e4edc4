import { AppError } from '../errors.ts';
import { readingOrder } from './pdf-columns.ts';
import type { PdfDocument } from './pdf-document.ts';
import { joinRuns, toLine, type TextLine, type TextRun } from './pdf-lines.ts';

type Page = Awaited<ReturnType<PdfDocument['getPage']>>;
type Matrix = [number, number, number, number, number, number];

/** A dense page of a filing holds some 2,000 items; this many are an attack or a drawing. */
const maxItems = 100_000;

/** The lines of one page in reading order, and the width of the page in points. */
export async function readPage(
  document: PdfDocument,
  number: number,
): Promise<{ lines: TextLine[]; width: number }> {
  const page = await document.getPage(number);
  const viewport = page.getViewport({ scale: 1 });
  const { runs, vertical } = await readRuns(page, viewport.transform as Matrix);
  page.cleanup();
  const lines = [...runs.values()]
    .toSorted((a, b) => b.length - a.length)
    .flatMap((turned) => readingOrder(joinRuns(turned)).map(toLine));
  return { lines: [...lines, ...verticalLines(vertical)], width: viewport.width };
}

/** Runs by the quarter turn of their text, each in coordinates in which it stands upright. */
async function readRuns(
  page: Page,
  view: Matrix,
): Promise<{ runs: Map<number, TextRun[]>; vertical: TextRun[] }> {
  const runs = new Map<number, TextRun[]>();
  const vertical: TextRun[] = [];
  const isVertical = new Map<string, boolean>();
  const reader = page.streamTextContent({ disableNormalization: true }).getReader();
  let count = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    for (const [font, style] of Object.entries(part.value.styles))
      isVertical.set(font, isVerticalStyle(style));
    count += part.value.items.length;
    if (count > maxItems) throw tooManyItems(page.pageNumber);
    for (const item of part.value.items) {
      if (!('str' in item) || item.str === '') continue;
      const matrix = multiply(view, item.transform as Matrix);
      const size = Math.hypot(matrix[2], matrix[3]);
      if (!Number.isFinite(size + matrix[4] + matrix[5])) continue;
      const run = {
        text: plainLetters(item.str),
        size,
        font: item.fontName,
        rightToLeft: item.dir === 'rtl',
        order: 0,
      };
      if (isVertical.get(item.fontName)) {
        vertical.push({ ...run, left: matrix[4], right: matrix[4] + size, baseline: matrix[5] });
        continue;
      }
      const turn = Math.round(Math.atan2(matrix[1], matrix[0]) / (Math.PI / 2)) & 3;
      const [x, y] = upright(matrix[4], matrix[5], turn);
      const turned = runs.get(turn) ?? [];
      turned.push({ ...run, left: x, right: x + item.width, baseline: y });
      runs.set(turn, turned);
    }
  }
  return { runs, vertical };
}

/**
 * Ligatures and Arabic letter shapes as the letters they stand for; pdf.js does so before it turns Arabic round,
 * which swaps the letters of lam-alef. Where the font itself names two letters only the impossible pair is mended.
 */
function plainLetters(text: string): string {
  return text
    .replace(/[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufdff\ufe70-\ufefc]+/g, (shapes) => shapes.normalize('NFKC'))
    .replace(/\u0627([\u0622\u0623\u0625])\u0644/g, '\u0627\u0644$1');
}

function isVerticalStyle(style: unknown): boolean {
  return typeof style === 'object' && style !== null && 'vertical' in style && style.vertical === true;
}

/** Columns of vertical writing, from the right edge of the page to the left. */
function verticalLines(runs: TextRun[]): TextLine[] {
  const columns: TextRun[][] = [];
  for (const run of runs.toSorted((a, b) => b.left - a.left)) {
    const column = columns.at(-1);
    if (column?.[0] && column[0].left - run.left < 0.5 * run.size) column.push(run);
    else columns.push([run]);
  }
  return columns
    .map((column) => {
      const text = column
        .toSorted((a, b) => a.baseline - b.baseline)
        .map((run) => run.text)
        .join('')
        .trim();
      const { left, right, baseline, size, font } = column[0] as TextRun;
      return { cells: [text], left, right, baseline, size, font };
    })
    .filter((line) => line.cells[0] !== '');
}

/** Turns a point so that text which runs at `turn` quarter turns runs to the right. */
function upright(x: number, y: number, turn: number): [number, number] {
  if (turn === 1) return [y, -x];
  if (turn === 2) return [-x, -y];
  return turn === 3 ? [-y, x] : [x, y];
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return [
    a[0] * b[0] + a[2] * b[1],
    a[1] * b[0] + a[3] * b[1],
    a[0] * b[2] + a[2] * b[3],
    a[1] * b[2] + a[3] * b[3],
    a[0] * b[4] + a[2] * b[5] + a[4],
    a[1] * b[4] + a[3] * b[5] + a[5],
  ];
}

function tooManyItems(pageNumber: number): AppError {
  return new AppError(
    'document_too_complex',
    `Page ${pageNumber} of the PDF holds too many pieces of text to read. Print it to a new PDF and upload that.`,
  );
}
