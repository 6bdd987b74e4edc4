export type Cell = string | number | null;

/**
 * One line of comma-separated values (RFC 4180). A spreadsheet takes a text that begins like a formula for one: such a
 * text gets an apostrophe in front, which spreadsheets do not show.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = /^[\s\p{Cf}]*[=+\-@＝＋－＠|]|^[\t\r\n]/u.test(cell) ? `'${cell}` : cell;
  return /[",;\r\n\t']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
