import type { DocumentBuilder } from './document-builder.ts';
import type { SheetRow } from './xlsx-sheet.ts';

/** Writes a sheet: a table for each run of rows without a gap, a paragraph for a title above one. */
export function writeSheet(name: string, rows: SheetRow[], builder: DocumentBuilder): void {
  if (rows.length === 0) return;
  builder.add('heading', name, 1);
  for (const region of splitRegions(rows)) writeRegion(region, builder);
}

/** Rows that follow each other without an empty one between them. */
function splitRegions(rows: SheetRow[]): SheetRow[][] {
  const regions: SheetRow[][] = [];
  for (const row of rows) {
    const region = regions.at(-1);
    const previous = region?.at(-1);
    if (region && previous && row.index === previous.index + 1) region.push(row);
    else regions.push([row]);
  }
  return regions;
}

function writeRegion(rows: SheetRow[], builder: DocumentBuilder): void {
  const firstWide = rows.findIndex((row) => row.cells.size > 1);
  const titles = firstWide < 0 ? (rows.length <= 2 ? rows.length : 0) : Math.min(firstWide, 3);
  for (const row of rows.slice(0, titles)) builder.add('paragraph', [...row.cells.values()].join(' '));
  const body = rows.slice(titles);
  if (body.length === 0) return;
  builder.addTable({
    rows: align(body),
    headerRows: body.length > 1 && namesColumns(body[0] as SheetRow) ? 1 : 0,
  });
}

/** Columns that no row of the region uses are left out; a region too sparse for columns is closed up. */
function align(rows: SheetRow[]): string[][] {
  const columns = [...new Set(rows.flatMap((row) => [...row.cells.keys()]))].toSorted((a, b) => a - b);
  const filled = rows.reduce((sum, row) => sum + row.cells.size, 0);
  const sparse = columns.length * rows.length > 20 * filled + 1000;
  return rows.map((row) =>
    (sparse ? [...row.cells.keys()].toSorted((a, b) => a - b) : columns).map(
      (column) => row.cells.get(column) ?? '',
    ),
  );
}

/** A first row of words, not of figures. */
function namesColumns(row: SheetRow): boolean {
  const cells = [...row.cells.values()];
  return (
    cells.length > 1 &&
    cells.filter((cell) => /^[\s$€£(-]*\d[\d.,%)\s]*$/.test(cell) && !/^(19|20)\d\d$/.test(cell)).length * 2 <
      cells.length
  );
}
