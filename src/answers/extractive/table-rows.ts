import type { Line } from './lines.ts';
import type { QuotableUnit } from './quotable-unit.ts';
import { type Span, splitSentences } from './sentences.ts';

/** A wider row is quoted in pieces: nobody reads it under its header. */
const maxRow = 600;
const maxHeaderRows = 4;

/** The rows of a table, each with the header and the group that it stands under. */
export function* readTable(text: string, block: readonly Line[], label: string): Generator<QuotableUnit> {
  const rows = block.filter((line) => !/^[|\s:-]+$/.test(line.text));
  let header: Span | undefined;
  let group: Span | undefined;
  for (let at = 0; at < rows.length; at += 1) {
    const { start, end, kind } = rows[at] as Line;
    const names = rows.length > 1 ? headerRows(rows, at) : 0;
    if (names > 0) {
      const last = rows[at + names - 1] as Line;
      for (const row of rows.slice(at, at + names))
        yield { kind: 'header', start: row.start, end: row.end, label };
      header = last.end - start <= maxRow ? { start, end: last.end } : undefined;
      group = undefined;
      at += names - 1;
    } else if (kind === 'group' || isOneCell(rows[at] as Line)) {
      group = { start, end };
      yield { kind: 'label', start, end, label };
    } else if (end - start <= maxRow) yield { kind: 'row', start, end, label, header, group };
    else for (const piece of splitSentences(text, { start, end })) yield { kind: 'item', ...piece, label };
  }
}

/** How many rows from here name columns: the first of the table and what goes on with it, or a new line of years. */
function headerRows(rows: readonly Line[], at: number): number {
  const first = rows[at] as Line;
  if (first.kind === 'group') return 0;
  const begins = at === 0 ? !hasAmounts(first) : namesPeriods(first);
  if (!begins) return 0;
  let count = 1;
  while (count < maxHeaderRows) {
    const next = rows[at + count];
    if (next === undefined || next.kind === 'group') break;
    if (!(next.isIndented && !hasAmounts(next)) && !namesPeriods(next)) break;
    count += 1;
  }
  // A table of nothing but headers is a table of words.
  return at + count === rows.length ? Math.min(count, at === 0 ? 1 : 0) : count;
}

function cellsOf({ text }: Line): string[] {
  return text.split(/\t|\|/).map((cell) => cell.trim());
}

function isOneCell(line: Line): boolean {
  const filled = cellsOf(line).filter((cell) => cell !== '');
  return filled.length === 1 && !line.isIndented && /\p{L}/u.test(filled[0] ?? '') && line.text.includes('|');
}

const period =
  /^(?:[\p{L}.,' ]{0,30}\s?\d{0,2},?\s?)?(?:FY|Q[1-4] ?)?(?:19|20)\d\d(?:[-/](?:19|20)?\d\d)?\*?$/u;

/** Years or dates over every column but the first: "December 31, | 2022 | 2021". */
function namesPeriods(line: Line): boolean {
  const cells = cellsOf(line).filter((cell) => cell !== '');
  const periods = cells.filter((cell) => period.test(cell)).length;
  return periods >= 2 && periods >= cells.length - 1;
}

/** A figure that is no year: the row is data. */
function hasAmounts(line: Line): boolean {
  const [, ...cells] = cellsOf(line);
  return cells.some((cell) => /\d/.test(cell) && !/\p{L}/u.test(cell) && !period.test(cell));
}
