import type { Piece } from './document-builder.ts';

/** A cell of a table as a document describes it. */
export interface Cell {
  text: string;
  /** Columns it covers, 1 if not given. */
  columns?: number;
  /** Rows it covers, 1 if not given. */
  rows?: number;
  /** Continues the cell above, as Word marks merged cells. */
  continuesAbove?: boolean;
  /** The blocks inside, for a table that turns out to be mere layout. */
  pieces?: Piece[];
}

/** Wider or taller spans than these are mistakes or attacks. */
const maxSpan = 100;
/** Longer texts are not repeated: repetition is to label a row, not to multiply prose. */
const maxRepeated = 80;

/**
 * Rows of equal columns. A merged cell's text stands in every row and column that it covers, so that
 * each row can be understood without the ones above it.
 */
export function layOut(rows: Cell[][]): string[][] {
  const grid: string[][] = [];
  const carried = new Map<number, { text: string; left: number }>();
  for (const cells of rows) {
    const line: string[] = [];
    const place = () => {
      for (let above = carried.get(line.length); above && above.left > 0; above = carried.get(line.length)) {
        above.left--;
        line.push(repeated(above.text));
      }
    };
    for (const cell of cells) {
      place();
      const columns = clampSpan(cell.columns);
      const text = cell.continuesAbove ? repeated(grid.at(-1)?.[line.length] ?? '') : cell.text;
      for (let column = 0; column < columns; column++) {
        carried.set(line.length, { text, left: clampSpan(cell.rows) - 1 });
        line.push(column === 0 ? text : repeated(text));
      }
    }
    place();
    grid.push(line);
  }
  return grid;
}

function repeated(text: string): string {
  return text.length > maxRepeated ? '' : text;
}

function clampSpan(span: number | undefined): number {
  return span === undefined || !(span >= 1) ? 1 : Math.min(Math.floor(span), maxSpan);
}
