import type { TextRun } from './pdf-lines.ts';
import { groupRows } from './pdf-lines.ts';

/** Rows on each side of a gutter below which two columns are not believed. */
const minRows = 5;

/**
 * Rows of a page in reading order. Columns of prose are read one after the other; the columns of
 * a table stay together, row by row, because a number without its label is worth nothing.
 */
export function readingOrder(segments: TextRun[], depth = 0): TextRun[][] {
  const rows = groupRows(segments);
  const columns = depth < 4 ? findColumns(rows) : null;
  if (!columns) return rows;
  const { first, last, gutter } = columns;
  const band = rows.slice(first, last + 1).flat();
  return [
    ...readingOrder(rows.slice(0, first).flat(), depth + 1),
    ...readingOrder(
      band.filter((run) => run.right <= gutter),
      depth + 1,
    ),
    ...readingOrder(
      band.filter((run) => run.right > gutter),
      depth + 1,
    ),
    ...readingOrder(rows.slice(last + 1).flat(), depth + 1),
  ];
}

interface Columns {
  /** First and last row of the band. */
  first: number;
  last: number;
  gutter: number;
}

function findColumns(rows: TextRun[][]): Columns | null {
  if (rows.length < minRows) return null;
  const runs = rows.flat();
  const left = Math.min(...runs.map((run) => run.left));
  const right = Math.max(...runs.map((run) => run.right));
  let best: Columns | null = null;
  let bestCount = 0;
  for (let gutter = left + 0.15 * (right - left); gutter < left + 0.85 * (right - left); gutter += 4) {
    const band = longestBand(rows, gutter);
    if (!band || band.count <= bestCount) continue;
    const inside = rows.slice(band.first, band.last + 1);
    if (!isTwoColumns(inside, gutter)) continue;
    best = { first: band.first, last: band.last, gutter };
    bestCount = band.count;
  }
  return best;
}

/** The longest stretch of rows that nothing crosses at `gutter`, with enough text on both sides. */
function longestBand(
  rows: TextRun[][],
  gutter: number,
): { first: number; last: number; count: number } | null {
  let best = null;
  let first = -1;
  let lefts = 0;
  let rights = 0;
  for (let index = 0; index <= rows.length; index++) {
    const row = rows[index];
    if (!row || row.some((run) => run.left < gutter && run.right > gutter)) {
      const count = Math.min(lefts, rights);
      if (first >= 0 && count >= minRows && count > (best?.count ?? 0))
        best = { first, last: index - 1, count };
      first = -1;
      lefts = rights = 0;
      continue;
    }
    if (first < 0) first = index;
    if (row.some((run) => run.right <= gutter)) lefts++;
    if (row.some((run) => run.left >= gutter)) rights++;
  }
  return best;
}

/** Prose on both sides, and a producer that did not write across the gutter row by row. */
function isTwoColumns(rows: TextRun[][], gutter: number): boolean {
  const left: TextRun[] = [];
  const right: TextRun[] = [];
  let both = 0;
  let adjacent = 0;
  for (const row of rows) {
    const before = row.filter((run) => run.right <= gutter);
    const after = row.filter((run) => run.right > gutter);
    left.push(...before);
    right.push(...after);
    if (before.length === 0 || after.length === 0) continue;
    both++;
    const orders = new Set(before.map((run) => run.order));
    if (after.some((run) => orders.has(run.order - 1))) adjacent++;
  }
  return adjacent <= 0.4 * both && isProse(left) && isProse(right);
}

function isProse(runs: TextRun[]): boolean {
  const text = runs.map((run) => run.text).join('');
  const digits = text.match(/\d/g)?.length ?? 0;
  // Ideographs carry about twice as much as letters.
  const wide = text.match(/[\u3000-\u9fff\uac00-\ud7af]/g)?.length ?? 0;
  return (text.length + wide) / runs.length >= 16 && digits < 0.25 * text.length;
}
