import { tooMuchText } from './document-builder.ts';
import { showNumber, type NumberKind } from './xlsx-values.ts';
import { attribute, readXml } from './xml.ts';

export interface Workbook {
  strings: string[];
  kinds: NumberKind[];
  since1904: boolean;
  maxCharacters: number;
  progress(rows: number): void;
}

/** Cells of one row by column, counted from 0. Empty cells are not there: sheets are mostly empty. */
export interface SheetRow {
  /** Counted from 0. */
  index: number;
  cells: Map<number, string>;
}

/** Merged ranges larger than this are decoration. */
const maxMergedCells = 1_000;

/** The rows of a sheet that hold anything, from the top down. */
export function readSheet(bytes: Uint8Array, workbook: Workbook): SheetRow[] {
  const rows: SheetRow[] = [];
  const merges: string[] = [];
  let row: SheetRow = { index: -1, cells: new Map() };
  let cell = { column: -1, type: 'n', style: 0 };
  let value = '';
  let inValue = false;
  let characters = 0;
  readXml(bytes, {
    open(name, attributes) {
      if (name === 'row') {
        const index = Number(attribute(attributes, 'r') ?? row.index + 2) - 1;
        row = { index: Number.isFinite(index) ? index : row.index + 1, cells: new Map() };
        cell.column = -1;
      } else if (name === 'c') {
        const reference = attribute(attributes, 'r');
        const column = reference === undefined ? cell.column + 1 : columnOf(reference);
        cell = {
          column,
          type: attribute(attributes, 't') ?? 'n',
          style: Number(attribute(attributes, 's') ?? 0),
        };
        value = '';
      } else if (name === 'v' || name === 't') inValue = true;
      else if (name === 'mergeCell') merges.push(attribute(attributes, 'ref') ?? '');
    },
    text(text) {
      if (inValue) value += text;
    },
    close(name) {
      if (name === 'v' || name === 't') inValue = false;
      else if (name === 'c') {
        const text = showCell(value, cell, workbook).trim();
        if (text === '') return;
        characters += text.length;
        if (characters > workbook.maxCharacters) throw tooMuchText(workbook.maxCharacters);
        row.cells.set(cell.column, text);
      } else if (name === 'row' && row.cells.size > 0) {
        rows.push(row);
        if (rows.length % 5_000 === 0) workbook.progress(rows.length);
      }
    },
  });
  fillMerged(rows, merges);
  return rows;
}

function showCell(
  value: string,
  cell: { type: string; style: number },
  { strings, kinds, since1904 }: Workbook,
): string {
  if (cell.type === 's') return strings[Number(value)] ?? '';
  if (cell.type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  if (cell.type === 'n') return showNumber(value, kinds[cell.style] ?? 'number', since1904);
  return value;
}

/** Repeats a merged cell over the rows and columns that it labels, unless it is alone in its row. */
function fillMerged(rows: SheetRow[], merges: string[]): void {
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  for (const range of merges) {
    const [from, to] = range.split(':') as [string, string | undefined];
    if (to === undefined) continue;
    const [left, right] = [columnOf(from), columnOf(to)];
    const [top, bottom] = [rowOf(from), rowOf(to)];
    const text = byIndex.get(top)?.cells.get(left);
    if (text === undefined || text.length > 80 || (right - left + 1) * (bottom - top + 1) > maxMergedCells)
      continue;
    for (let index = top; index <= bottom; index++) {
      const row = byIndex.get(index);
      if (!row || (index === top && row.cells.size === 1)) continue;
      for (let column = left; column <= right; column++)
        if (!row.cells.has(column)) row.cells.set(column, text);
    }
  }
}

/** `AB12` → 27. */
function columnOf(reference: string): number {
  let column = 0;
  for (const character of /^[A-Z]{1,4}/i.exec(reference)?.[0].toUpperCase() ?? 'A')
    column = column * 26 + character.charCodeAt(0) - 64;
  return column - 1;
}

/** `AB12` → 11. */
function rowOf(reference: string): number {
  return Number(/\d{1,8}/.exec(reference)?.[0] ?? 1) - 1;
}
